import type { EventLog, PartitionId } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadAll, type MakeStorage, newMutation, openSpace, write } from './stored-history.ts';

/** Compaction takes the oldest commits and nothing else. */
export function compactionTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });

  const spaceOf = async (commits: number): Promise<PartitionId> => {
    const at = await openSpace(log);
    const changes = Array.from({ length: commits }, (_, i) => ({ values: [[`key/${i % 3}`, i]] as const }));
    await write(log, at, changes);
    return at;
  };
  const seqsAfter = async (at: PartitionId, afterSeq: number, limit = 1000) =>
    (await log.commits({ ...at, afterSeq, limit })).map(({ commit }) => commit.seq);

  describe('compaction', () => {
    test('a log begins at 0 and loses nothing', async () => {
      const at = await spaceOf(3);
      expect(await log.floor(at)).toBe(0);
      expect(await log.dropCommits({ ...at, limit: 10 })).toBe(0);
      expect(await seqsAfter(at, 0)).toEqual([1, 2, 3]);
    });

    test('takes commits up to the floor, the oldest first, at most as many as it is told', async () => {
      const at = await spaceOf(10);
      await log.raiseFloor({ ...at, seq: 5 });
      expect(await log.floor(at)).toBe(5);
      expect(await log.dropCommits({ ...at, limit: 0 })).toBe(0);
      expect(await log.dropCommits({ ...at, limit: 3 })).toBe(3);
      expect(await seqsAfter(at, 0)).toEqual([4, 5, 6, 7, 8, 9, 10]);
      expect(await log.dropCommits({ ...at, limit: 3 })).toBe(2);
      expect(await log.dropCommits({ ...at, limit: 3 })).toBe(0);
      expect(await seqsAfter(at, 0)).toEqual([6, 7, 8, 9, 10]);
      expect(await seqsAfter(at, 2, 2)).toEqual([6, 7]);
      expect(await seqsAfter(at, 7)).toEqual([8, 9, 10]);
    });

    test('takes them out of the history of their keys', async () => {
      const at = await spaceOf(9);
      await log.raiseFloor({ ...at, seq: 7 });
      await log.dropCommits({ ...at, limit: 10 });
      const seqsOf = async (key: string) =>
        (await log.commitsOf({ ...at, key, beforeSeq: 100, limit: 10 })).map(({ commit }) => commit.seq);
      expect([await seqsOf('key/0'), await seqsOf('key/1'), await seqsOf('key/2')]).toEqual([[], [8], [9]]);
      const newest = await log.newestCommitsOf({ ...at, keys: ['key/0', 'key/1'], upToSeq: 9 });
      expect(newest.map(({ commit }) => commit.seq)).toEqual([8]);
    });

    test('leaves entries, the head and the next append as they are', async () => {
      const at = await spaceOf(6);
      const entriesBefore = await log.entries({ ...at, afterKey: undefined, limit: 10 });
      const { head } = await loadAll(log, at);
      await log.raiseFloor({ ...at, seq: 4 });
      await log.dropCommits({ ...at, limit: 10 });
      expect(await log.entries({ ...at, afterKey: undefined, limit: 10 })).toEqual(entriesBefore);
      expect((await loadAll(log, at)).head).toEqual(head);
      expect(await write(log, at, [{ values: [['key/0', 'next']] }])).toBe('committed');
      expect(await seqsAfter(at, 0)).toEqual([5, 6, 7]);
    });

    test('never takes the newest commit, however high the floor', async () => {
      const at = await spaceOf(3);
      await log.raiseFloor({ ...at, seq: 3 });
      expect(await log.dropCommits({ ...at, limit: 10 })).toBe(2);
      expect(await log.dropCommits({ ...at, limit: 10 })).toBe(0);
      expect(await seqsAfter(at, 0)).toEqual([3]);
    });

    test('a floor is never lowered', async () => {
      const at = await spaceOf(5);
      await Promise.all([3, 4, 2].map((seq) => log.raiseFloor({ ...at, seq })));
      expect(await log.floor(at)).toBe(4);
    });

    test('forgets what the commits answered, and no more', async () => {
      const at = await openSpace(log);
      const [old, kept] = [newMutation(), newMutation()];
      await write(log, at, [{ values: [['a', 1]], mutation: old }]);
      await write(log, at, [{ values: [['b', 1]], mutation: kept }]);
      await log.raiseFloor({ ...at, seq: 1 });
      await log.dropCommits({ ...at, limit: 10 });
      const { answered } = await loadAll(log, at, [], [old, kept]);
      expect(answered.map(({ commit }) => commit.mutation.client)).toEqual([kept.client]);
    });

    test('of another space leaves this one whole, also when one name begins with the other', async () => {
      const at = await spaceOf(3);
      const other = await openSpace(log, `${at.space}:b` as PartitionId['space']);
      await write(log, other, [{ values: [['a', 1]] }, { values: [['a', 2]] }]);
      await log.raiseFloor({ ...other, seq: 1 });
      await log.dropCommits({ ...other, limit: 10 });
      expect(await log.floor(at)).toBe(0);
      expect(await seqsAfter(at, 0)).toEqual([1, 2, 3]);
      expect(await seqsAfter(other, 0)).toEqual([2]);
    });
  });
}
