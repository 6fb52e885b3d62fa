import type { EventLog, PartitionId } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, openSpace, write } from './stored-history.ts';

/** Finding commits by what they changed, and entries by their prefix. */
export function historyTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });

  /** A space with a log of 12 commits: `even` in every second one, `all` in each, `twice` two times in the fifth. */
  const writtenSpace = async () => {
    const at = await openSpace(log);
    for (let seq = 1; seq <= 12; seq++) {
      const values = [
        ['all', seq],
        ...(seq % 2 === 0 ? [['even', seq]] : []),
        ...(seq === 5
          ? [
              ['twice', 1],
              ['twice', 2],
            ]
          : []),
      ] as [string, number][];
      await write(log, at, [{ values }]);
    }
    return at;
  };

  const seqs = async (reading: ReturnType<EventLog['commitsOf']>) =>
    (await reading).map(({ commit }) => commit.seq);

  describe('the commits of a key', () => {
    test('are those that changed it, the newest first, in pages', async () => {
      const at = await writtenSpace();
      const of = (key: string, beforeSeq: number, limit: number) =>
        seqs(log.commitsOf({ ...at, key, beforeSeq, limit }));
      expect(await of('even', 13, 100)).toEqual([12, 10, 8, 6, 4, 2]);
      expect(await of('even', 13, 2)).toEqual([12, 10]);
      expect(await of('even', 10, 2)).toEqual([8, 6]);
      expect(await of('even', 2, 2)).toEqual([]);
      expect(await of('even', 13, 0)).toEqual([]);
      expect(await of('twice', 13, 100)).toEqual([5]);
      expect(await of('eve', 13, 100)).toEqual([]);
    });

    test('are whole: what else they changed, their text and their hash are there', async () => {
      const at = await writtenSpace();
      const [found] = await log.commitsOf({ ...at, key: 'even', beforeSeq: 5, limit: 1 });
      const [read] = await log.commits({ ...at, afterSeq: 3, limit: 1 });
      expect(found).toEqual(read);
      expect(found?.commit.events.map(({ key }) => key)).toEqual(['all', 'even']);
    });

    test('are found by any key, and only in the space that they are of', async () => {
      const [at, other] = [await openSpace(log), await openSpace(log)];
      await write(log, at, [{ values: ODD_KEYS.map((key) => [key, key] as const) }]);
      for (const key of ODD_KEYS) {
        expect(await seqs(log.commitsOf({ ...at, key, beforeSeq: 9, limit: 9 }))).toEqual([1]);
        expect(await seqs(log.commitsOf({ ...other, key, beforeSeq: 9, limit: 9 }))).toEqual([]);
      }
    });
  });

  describe('the newest commits of several keys', () => {
    test('are those up to a seq, each once', async () => {
      const at = await writtenSpace();
      const upTo = async (upToSeq: number, ...keys: string[]) =>
        (await seqs(log.newestCommitsOf({ ...at, keys, upToSeq }))).sort((a, b) => a - b);
      expect(await upTo(12, 'all', 'even', 'twice', 'none')).toEqual([5, 12]);
      expect(await upTo(7, 'all', 'even', 'twice')).toEqual([5, 6, 7]);
      expect(await upTo(4, 'all', 'even', 'twice')).toEqual([4]);
      expect(await upTo(1, 'even')).toEqual([]);
      expect(await upTo(12)).toEqual([]);
    });
  });

  test('compacted commits are found by no key any more', async () => {
    const at = await writtenSpace();
    await log.raiseFloor({ ...at, seq: 6 });
    await log.dropCommits({ ...at, limit: 100 });
    expect(await seqs(log.commitsOf({ ...at, key: 'even', beforeSeq: 13, limit: 9 }))).toEqual([12, 10, 8]);
    expect(await seqs(log.commitsOf({ ...at, key: 'twice', beforeSeq: 13, limit: 9 }))).toEqual([]);
    expect(await seqs(log.newestCommitsOf({ ...at, keys: ['even', 'all'], upToSeq: 7 }))).toEqual([7]);
    const [found] = await log.commitsOf({ ...at, key: 'all', beforeSeq: 9, limit: 1 });
    expect(found?.commit.seq).toBe(8);
  });

  test('entries are counted with their sizes, and each once however often it changes', async () => {
    const at = await openSpace(log);
    expect(await log.countEntries(at)).toEqual({ entries: 0, tombstones: 0, sizeBytes: 0 });
    await write(log, at, [{ values: ['a', 'b', 'c'].map((key) => [key, 1] as const) }]);
    const first = await log.countEntries(at);
    expect(first).toMatchObject({ entries: 3, tombstones: 0 });
    await write(log, at, [
      { values: [['a', 'x'.repeat(1000)]] },
      { values: [['b', undefined]] },
      { values: [['d', 1]] },
    ]);
    const second = await log.countEntries(at);
    expect(second).toMatchObject({ entries: 3, tombstones: 1 });
    expect(second.sizeBytes - first.sizeBytes).toBeGreaterThan(1000);
    expect(second.sizeBytes - first.sizeBytes).toBeLessThan(1500);
    await write(log, at, [{ values: [['b', 1]] }, { values: [['a', 1]] }]);
    expect(await log.countEntries(at)).toMatchObject({ entries: 4, tombstones: 0 });
  });

  describe('the entries below a prefix', () => {
    const keysBelow = async (at: PartitionId, prefix: string, limit = 100) => {
      const keys: string[] = [];
      for (;;) {
        const page = await log.entriesBelow({ ...at, prefix, afterKey: keys.at(-1), limit });
        keys.push(...page.map(({ key }) => key));
        expect(keys.length).toBeLessThan(200); // or it would never end
        if (page.length < limit) return keys;
      }
    };

    test('are all below it, tombstones included, and none beside it', async () => {
      const at = await openSpace(log);
      const keys = ['a', 'a/1', 'a/1/x', 'a/2', 'a!', 'a0', 'ab', 'b/a/1', 'a/ü', 'a/\u{10FFFF}'];
      await write(log, at, [{ values: keys.map((key) => [key, 1] as const) }]);
      await write(log, at, [{ values: [['a/2', undefined]] }]);
      const below = ['a/1', 'a/1/x', 'a/2', 'a/ü', 'a/\u{10FFFF}'];
      for (const limit of [1, 2, 5, 100]) expect(await keysBelow(at, 'a', limit)).toEqual(below);
      expect(await keysBelow(at, 'a/1')).toEqual(['a/1/x']);
      expect(await keysBelow(at, 'c')).toEqual([]);
      expect((await keysBelow(at, '', 3)).sort()).toEqual([...keys].sort());
      expect(await log.entriesBelow({ ...at, prefix: '', afterKey: undefined, limit: 0 })).toEqual([]);
    });

    test('are of one space only', async () => {
      const [at, other] = [await openSpace(log), await openSpace(log)];
      await write(log, at, [{ values: [['a/1', 1]] }]);
      expect(await keysBelow(other, '')).toEqual([]);
      expect(await keysBelow(other, 'a')).toEqual([]);
    });
  });
}
