import { CHAIN_START, compareKeys, type EventLog, type PartitionId, verifyChain } from '@mnemon/core';
import type { Entry, JsonValue } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, openSpace, write } from './stored-history.ts';

/** Reading in pages gives each thing once, in one order. */
export function pagingTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });

  const entriesByPages = async (at: PartitionId, limit: number) => {
    const all: Entry[] = [];
    for (;;) {
      const page = await log.entries({ ...at, afterKey: all.at(-1)?.key, limit });
      expect(page.length).toBeLessThanOrEqual(limit);
      all.push(...page);
      expect(all.length).toBeLessThan(1000); // or it would never end
      if (page.length < limit) return all;
    }
  };

  describe('pages of commits', () => {
    test('are in order, whole, and end at the head', async () => {
      const at = await openSpace(log);
      for (let i = 0; i < 5; i++) {
        await write(
          log,
          at,
          Array.from({ length: 25 }, (_, j) => ({ values: [[`key/${j}`, i]] })),
        );
      }
      for (const limit of [1, 7, 124, 125, 126, 1000]) {
        let end = CHAIN_START;
        while (end.seq < 125) {
          const page = await log.commits({ ...at, afterSeq: end.seq, limit });
          expect(page.length).toBe(Math.min(limit, 125 - end.seq));
          const check = verifyChain(end, page);
          expect(check.intact).toBe(true);
          if (check.intact) end = check.end;
        }
        expect(await log.commits({ ...at, afterSeq: 125, limit })).toEqual([]);
      }
      expect(await log.commits({ ...at, afterSeq: 4000, limit: 10 })).toEqual([]);
      expect(await log.commits({ ...at, afterSeq: 0, limit: 0 })).toEqual([]);
    });
  });

  describe('pages of entries', () => {
    test('hold each key once and no tombstone, in an order that does not depend on their size', async () => {
      const at = await openSpace(log);
      const keys = [...ODD_KEYS, ...Array.from({ length: 40 }, (_, i) => `key/${(i * 7) % 40}`)];
      await write(log, at, [{ values: keys.map((key) => [key, key] as const) }]);
      const deleted = keys.filter((_, i) => i % 3 === 0);
      await write(log, at, [{ values: deleted.map((key) => [key, undefined] as const) }]);
      const all = await log.entries({ ...at, afterKey: undefined, limit: 1000 });
      const left = keys.filter((_, i) => i % 3 !== 0).sort(compareKeys);
      expect(all.map(({ value }) => value)).toEqual(left);
      for (const limit of [1, 2, 7, left.length]) expect(await entriesByPages(at, limit)).toEqual(all);
      expect(await log.entries({ ...at, afterKey: undefined, limit: 0 })).toEqual([]);
    });

    test('hold tombstones where they are asked for', async () => {
      const at = await openSpace(log);
      await write(log, at, [{ values: ['a', 'b', 'c'].map((key) => [key, 1] as const) }]);
      await write(log, at, [{ values: [['b', undefined]] }]);
      const page = await log.entries({ ...at, afterKey: 'a', limit: 2, withTombstones: true });
      expect(page.map(({ key, value }) => [key, value])).toEqual([
        ['b', undefined],
        ['c', 1],
      ]);
    });

    test('go on after a key that is gone, or never was', async () => {
      const at = await openSpace(log);
      await write(log, at, [{ values: ['a', 'c', 'e'].map((key) => [key, 1] as const) }]);
      const keysAfter = async (afterKey: string) =>
        (await log.entries({ ...at, afterKey, limit: 10 })).map(({ key }) => key);
      expect(await keysAfter('b')).toEqual(['c', 'e']);
      await write(log, at, [{ values: [['c', undefined]] }]);
      expect(await keysAfter('c')).toEqual(['e']);
      expect(await keysAfter('e')).toEqual([]);
    });

    test('taken while others write: what was there all the time is there, never older than before', async () => {
      const at = await openSpace(log);
      const keys = Array.from({ length: 60 }, (_, i) => `key/${i}`);
      const put = (value: JsonValue, some = keys) =>
        write(log, at, [{ values: some.map((key) => [key, value] as const) }]);
      await put(0);
      const writing = (async () => {
        for (let i = 1; i <= 10; i++) await put(i, [...keys.slice(i, i + 20), `new/${i}`]);
      })();
      for (let i = 0; i < 5; i++) {
        const page = await entriesByPages(at, 9);
        const seen = page.map(({ key }) => key);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toEqual(expect.arrayContaining(keys));
      }
      await writing;
    });
  });
}
