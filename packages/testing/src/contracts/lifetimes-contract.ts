import type { DueEntry, PartitionId, StoragePorts } from '@mnemon/core';
import type { JsonValue } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { loadAll, type MakeStorage, openSpace, write } from './stored-history.ts';

/** What every store must tell of what is due. Each test has a space and a stretch of time of its own. */
export function lifetimesContract(name: string, makeStorage: MakeStorage): void {
  describe(`lifetimes: ${name}`, () => {
    let storage: StoragePorts;
    beforeAll(async () => {
      storage = await makeStorage();
    });

    const FAR = 10_000;
    // Beside other tests' rows, which are of other years.
    const someTime = () => Math.floor(Math.random() * 1e9) * 1000;

    const put = (
      at: PartitionId,
      times: Record<string, { expiresAtMs?: number; atMs?: number }>,
      value: JsonValue | undefined = 1,
    ) =>
      write(storage.log, at, [
        { values: Object.entries(times).map(([key, lifetime]) => [key, value, lifetime] as const) },
      ]);
    const del = (at: PartitionId, atMs: number, ...keys: readonly string[]) =>
      write(storage.log, at, [{ values: keys.map((key) => [key, undefined, { atMs }] as const) }]);

    const forget = (at: PartitionId, page: { upToSeq?: number; untilMs: number; limit?: number }) =>
      storage.lifetimes.forgetTombstones({ ...at, upToSeq: 100, limit: 10, ...page });

    const expiredIn = async (
      { space }: PartitionId,
      fromMs: number,
      untilMs: number,
      limit = 3,
    ): Promise<DueEntry[]> => {
      const all: DueEntry[] = [];
      let after: DueEntry | undefined = { space, partition: 0, key: '', seq: 0, atMs: fromMs - 1 };
      for (;;) {
        const page: readonly DueEntry[] = await storage.lifetimes.expired({ untilMs, after, limit });
        expect(page.length).toBeLessThanOrEqual(limit);
        all.push(...page.filter((due) => due.space === space));
        if (page.length < limit) return all;
        after = page.at(-1);
      }
    };
    const keysOf = (due: readonly DueEntry[]) => due.map(({ key }) => key);

    test('entries are due from the end of their lifetime on, the earliest first', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      await put(at, {
        late: { expiresAtMs: t + 3 },
        never: {},
        early: { expiresAtMs: t + 1 },
        middle: { expiresAtMs: t + 2 },
      });
      expect(await expiredIn(at, t, t)).toEqual([]);
      expect(await expiredIn(at, t, t + 2)).toEqual([
        { ...at, key: 'early', seq: 1, atMs: t + 1 },
        { ...at, key: 'middle', seq: 1, atMs: t + 2 },
      ]);
      expect(keysOf(await expiredIn(at, t, t + FAR))).toEqual(['early', 'middle', 'late']);
    });

    test('pages of any size hold each once, also of those that end in one moment', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      const keys = [...ODD_KEYS, ...Array.from({ length: 20 }, (_, i) => `key/${i}`)];
      await put(at, Object.fromEntries(keys.map((key, i) => [key, { expiresAtMs: t + (i % 3) }])));
      const all = keysOf(await expiredIn(at, t, t + FAR, 1000));
      expect([...all].sort()).toEqual([...keys].sort());
      for (const limit of [1, 4, 7]) {
        expect(keysOf(await expiredIn(at, t, t + FAR, limit))).toEqual(all);
      }
      expect(await storage.lifetimes.expired({ untilMs: t + FAR, limit: 0 })).toEqual([]);
    });

    test('what was written or deleted since is due by its new version alone', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      await put(at, { longer: { expiresAtMs: t }, deleted: { expiresAtMs: t }, forever: { expiresAtMs: t } });
      await put(at, { longer: { expiresAtMs: t + 5 } });
      await put(at, { forever: {} });
      await del(at, t + 7, 'deleted');
      expect(await expiredIn(at, t, t + FAR)).toEqual([{ ...at, key: 'longer', seq: 2, atMs: t + 5 }]);
    });

    test('a tombstone that is forgotten is gone, and its key begins anew', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      await put(at, { a: {}, b: {} });
      await del(at, t, 'a', 'b');
      expect(await forget(at, { untilMs: t, limit: 1 })).toBe(1);
      expect(await forget(at, { untilMs: t, limit: 0 })).toBe(0);
      expect((await loadAll(storage.log, at, ['a', 'b'])).entries.size).toBe(1);
      expect(await forget(at, { untilMs: t })).toBe(1);
      expect(await forget(at, { untilMs: t })).toBe(0);
      expect((await loadAll(storage.log, at, ['a', 'b'])).entries.size).toBe(0);
      await put(at, { a: {} });
      expect((await loadAll(storage.log, at, ['a'])).entries.get('a')).toMatchObject({ version: 1, seq: 3 });
      const entries = await storage.log.entries({ ...at, afterKey: undefined, limit: 10 });
      expect(entries.map(({ key }) => key)).toEqual(['a']);
    });

    test('nothing but a tombstone of that time, and of those commits, is forgotten', async () => {
      const [at, other] = [await openSpace(storage.log), await openSpace(storage.log)];
      const t = someTime();
      for (const each of [at, other]) {
        await put(each, { old: {}, revived: {}, again: {}, late: {}, live: {} });
        await del(each, t, 'old', 'revived', 'again');
        await del(each, t + 1, 'late');
        await put(each, { revived: {}, again: {} });
        await del(each, t, 'again'); // 5
      }
      expect(await forget(at, { upToSeq: 4, untilMs: t })).toBe(1);
      const keys = ['old', 'revived', 'again', 'late', 'live'];
      expect([...(await loadAll(storage.log, at, keys)).entries.keys()].sort()).toEqual([
        'again',
        'late',
        'live',
        'revived',
      ]);
      expect((await loadAll(storage.log, other, keys)).entries.size).toBe(5);
      expect(await forget(at, { upToSeq: 5, untilMs: t + 1 })).toBe(2);
      expect([...(await loadAll(storage.log, at, keys)).entries.keys()].sort()).toEqual(['live', 'revived']);
    });
  });
}
