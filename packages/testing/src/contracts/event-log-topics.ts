import type { EventLog, PartitionId } from '@mnemon/core';
import { isWithin } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, openSpace, write } from './stored-history.ts';

/** What readers of some topics are given: what is theirs, and nothing of what is not. */
export function topicTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });

  const commitOf = (...keys: string[]) => ({ values: keys.map((key) => [key, key] as const) });
  const seqsOf = async (at: PartitionId, topics: string[], afterSeq = 0, limit = 100) =>
    (await log.commits({ ...at, topics, afterSeq, limit })).map(({ commit }) => commit.seq);

  describe('commits of topics', () => {
    test('are those with a key in one of them, each once, in order and whole', async () => {
      const at = await openSpace(log);
      await write(log, at, [
        commitOf('a/1/x', 'b'),
        commitOf('b/1'),
        commitOf('ab/1'),
        commitOf('a'),
        commitOf('c/d/e/f', 'a/2'),
        commitOf('c/d', 'a/1/x/y/z'),
      ]);
      expect(await seqsOf(at, ['a'])).toEqual([1, 4, 5, 6]);
      expect(await seqsOf(at, ['a/1'])).toEqual([1, 6]);
      expect(await seqsOf(at, ['a/1/x', 'c/d/e'])).toEqual([1, 5, 6]);
      expect(await seqsOf(at, ['a', 'b', 'c'])).toEqual([1, 2, 4, 5, 6]);
      expect(await seqsOf(at, ['a', 'b', 'c'], 1, 2)).toEqual([2, 4]);
      expect(await seqsOf(at, ['a'], 4)).toEqual([5, 6]);
      expect(await seqsOf(at, ['a'], 6)).toEqual([]);
      expect(await seqsOf(at, ['a'], 0, 0)).toEqual([]);
      expect(await seqsOf(at, ['nothing', 'a/1/x/y'])).toEqual([]);
      const [first] = await log.commits({ ...at, topics: ['b'], afterSeq: 0, limit: 1 });
      expect([first]).toEqual(await log.commits({ ...at, afterSeq: 0, limit: 1 }));
    });

    test('the newest before a commit is found, and none where there is none', async () => {
      const at = await openSpace(log);
      await write(log, at, [commitOf('a/1'), commitOf('b'), commitOf('a/2'), commitOf('c')]);
      const newest = (topics: string[], beforeSeq: number) => log.newestOf({ ...at, topics, beforeSeq });
      expect(await newest(['a'], 5)).toBe(3);
      expect(await newest(['a'], 3)).toBe(1);
      expect(await newest(['a'], 1)).toBe(0);
      expect(await newest(['a/1', 'b'], 100)).toBe(2);
      expect(await newest(['d'], 100)).toBe(0);
      expect(await log.floor(at)).toBe(0);
    });

    test('the newest is found however far back it is', async () => {
      const at = await openSpace(log);
      const others = Array.from({ length: 300 }, () => commitOf('b'));
      await write(log, at, [commitOf('a'), commitOf('c')]);
      for (let i = 0; i < 2; i++) await write(log, at, others);
      const newest = (topics: string[], beforeSeq: number) => log.newestOf({ ...at, topics, beforeSeq });
      expect(await newest(['a'], 603)).toBe(1);
      expect(await newest(['a', 'c'], 603)).toBe(2);
      expect(await newest(['b'], 1_000_000)).toBe(602);
      expect(await newest(['d'], 603)).toBe(0);
    });

    test('are counted, each once, up to a limit', async () => {
      const at = await openSpace(log);
      await write(log, at, [commitOf('a/1', 'b'), commitOf('b'), commitOf('a/2', 'a/3'), commitOf('c')]);
      const count = (topics: string[], afterSeq: number, limit = 100) =>
        log.countOf({ ...at, topics, afterSeq, limit });
      expect(await count(['a'], 0)).toBe(2);
      expect(await count(['a', 'b'], 0)).toBe(3);
      expect(await count(['a', 'b'], 1)).toBe(2);
      expect(await count(['a', 'b'], 0, 2)).toBe(2);
      expect(await count(['a'], 3)).toBe(0);
      expect(await count(['d'], 0)).toBe(0);
    });

    test('are gone with the commits that compaction took', async () => {
      const at = await openSpace(log);
      await write(log, at, [commitOf('a', 'b'), commitOf('a'), commitOf('b'), commitOf('a')]);
      await log.raiseFloor({ ...at, seq: 2 });
      await log.dropCommits({ ...at, limit: 10 });
      expect(await seqsOf(at, ['a'])).toEqual([4]);
      expect(await log.newestOf({ ...at, topics: ['a'], beforeSeq: 4 })).toBe(0);
      expect(await log.newestOf({ ...at, topics: ['a', 'b'], beforeSeq: 4 })).toBe(3);
      expect(await log.floor(at)).toBe(2);
    });

    test('of another space or partition are not among them', async () => {
      const at = await openSpace(log);
      const other = { ...at, partition: 1 };
      const foreign = await openSpace(log);
      for (const place of [at, other, foreign]) await write(log, place, [commitOf('x'), commitOf('a')]);
      await write(log, other, [commitOf('a')]);
      expect(await seqsOf(at, ['a'])).toEqual([2]);
      expect(await log.newestOf({ ...at, topics: ['a'], beforeSeq: 100 })).toBe(2);
    });

    test('odd names are topics like any other', async () => {
      const at = await openSpace(log);
      const keys = ODD_KEYS.filter((key) => !key.includes('*'));
      await write(
        log,
        at,
        keys.map((key) => commitOf(key)),
      );
      for (const key of keys) {
        const topic = key.split('/').slice(0, 3).join('/');
        const expected = keys.flatMap((each, index) => (isWithin(topic, each) ? [index + 1] : []));
        expect(await seqsOf(at, [topic])).toEqual(expected);
      }
    });
  });

  describe('entries of a topic', () => {
    test('are its own key and those below it, in pages of any size, and nothing beside it', async () => {
      const at = await openSpace(log);
      const keys = [
        'top',
        'top/1',
        'top/2',
        'top/2/x',
        'top/z\uffff',
        'top!',
        'top-b',
        'top.b/1',
        'top0',
        'topb/1',
        'b',
      ];
      await write(log, at, [commitOf(...keys, ...ODD_KEYS)]);
      await write(log, at, [{ values: [['top/1', undefined]] }]);
      const pages = async (topic: string, limit: number) => {
        const all: string[] = [];
        for (;;) {
          const page = await log.entries({ ...at, topic, afterKey: all.at(-1), limit });
          all.push(...page.map(({ key }) => key));
          if (page.length < limit) return all;
        }
      };
      for (const limit of [1, 2, 3, 100]) {
        expect((await pages('top', limit)).sort()).toEqual(['top', 'top/2', 'top/2/x', 'top/z\uffff']);
        expect(await pages('top/2', limit)).toEqual(['top/2', 'top/2/x']);
        expect(await pages('top/1', limit)).toEqual([]);
        expect(await pages('**', limit)).toHaveLength(keys.length + ODD_KEYS.length - 1);
      }
      expect(await log.entries({ ...at, topic: 'top', afterKey: 'top/1', limit: 9 })).toMatchObject([
        { key: 'top/2' },
        { key: 'top/2/x' },
        { key: 'top/z\uffff' },
      ]);
    });
  });
}
