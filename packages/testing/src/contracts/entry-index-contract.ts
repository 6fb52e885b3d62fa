import { compareKeys, type IndexQuery, type PartitionId, type StoragePorts, termsOf } from '@mnemon/core';
import { type Entry, isInScope } from '@mnemon/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, openSpace, write } from './stored-history.ts';

type Question = Pick<IndexQuery, 'within' | 'terms' | 'afterSeq'>;
const ANYTHING: Question = { within: { prefix: '' }, terms: [], afterSeq: 0 };

/** What every index of entries must find: what a look at each of them finds. Each test has a space of its own. */
export function entryIndexContract(name: string, makeStorage: MakeStorage): void {
  describe(`entry index: ${name}`, () => {
    let storage: StoragePorts;
    beforeAll(async () => {
      storage = await makeStorage();
    });

    /** All pages, and how many there were. */
    async function find(at: PartitionId, question: Question, limit = 100) {
      const entries: Entry[] = [];
      let afterKey: string | undefined;
      for (let pages = 1; ; pages++) {
        const page = await storage.index.find({ ...at, ...question, afterKey, limit });
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        entries.push(...page.entries);
        if (page.reachedKey === undefined) return { entries, pages };
        expect(afterKey === undefined || compareKeys(page.reachedKey, afterKey) > 0).toBe(true);
        afterKey = page.reachedKey;
      }
    }

    /** What is found by looking at each entry. */
    async function look(at: PartitionId, { within, terms, afterSeq }: Question) {
      const all = await storage.log.entries({ ...at, afterKey: undefined, limit: 10_000 });
      return all.filter(
        (entry) =>
          isInScope(within, entry.key) &&
          entry.seq > afterSeq &&
          terms.every((term) => termsOf(entry).includes(term)),
      );
    }

    test('finds what a look at every entry finds, in the order of keys, on pages of any size', async () => {
      const at = await openSpace(storage.log);
      const keys = [
        ...ODD_KEYS,
        'a',
        'a/b',
        'a/b/c',
        'a/bc',
        'ab',
        ...Array.from({ length: 40 }, (_, i) => `n/${i % 4}/${i}`),
      ];
      for (const [i, key] of keys.entries()) {
        const tags = ['all', ...(i % 2 ? ['odd'] : []), ...(i % 7 ? [] : ['seventh'])];
        await write(storage.log, at, [
          { values: [[key, { says: `word${i % 3} Über` }, { tags, entities: [`e${i % 5}`] }]] },
        ]);
      }
      await write(storage.log, at, [{ values: keys.slice(0, 9).map((key) => [key, undefined] as const) }]);
      const term = fc.constantFrom(
        't:all',
        't:odd',
        't:seventh',
        'e:e1',
        'w:word2',
        'w:über',
        'a:writer',
        'w:none',
      );
      const within = fc.constantFrom(
        ...['', 'a', 'a/b', 'n', 'n/2', 'nothing'].map((prefix) => ({ prefix })),
        ...['a', 'a/b', 'n/1/1', 'nothing'].map((key) => ({ key })),
      );
      const questions = fc.record({
        question: fc.record({
          within,
          terms: fc.uniqueArray(term, { maxLength: 3 }),
          afterSeq: fc.constantFrom(0, 0, 20, 999),
        }),
        limit: fc.integer({ min: 1, max: 50 }),
      });
      await fc.assert(
        fc.asyncProperty(questions, async ({ question, limit }) => {
          expect((await find(at, question, limit)).entries).toEqual(await look(at, question));
        }),
        { numRuns: 60 },
      );
    });

    test('finds the rare at once and the common by and by, however many there are', async () => {
      const at = await openSpace(storage.log);
      const keys = Array.from({ length: 3_000 }, (_, i) => `k/${String(i).padStart(4, '0')}`);
      const tagsOf = (i: number) => [
        'common',
        ...(i % 1000 === 999 ? ['rare'] : []),
        ...(i > 2_400 ? ['late'] : []),
      ];
      for (let from = 0; from < keys.length; from += 100) {
        const some = keys.slice(from, from + 100);
        await write(storage.log, at, [
          { values: some.map((key, i) => [key, 1, { tags: tagsOf(from + i) }] as const) },
        ]);
        if (from > 0) continue;
        // Who asks now, and is told of few, is not misled when they have become many.
        expect((await find(at, { ...ANYTHING, terms: ['t:common'] })).entries).toHaveLength(100);
      }
      const rare = await storage.index.find({ ...at, ...ANYTHING, terms: ['t:common', 't:rare'], limit: 10 });
      expect(rare.entries.map(({ key }) => key)).toEqual(['k/0999', 'k/1999', 'k/2999']);
      expect(rare.reachedKey).toBeUndefined();
      const changed = await storage.index.find({ ...at, ...ANYTHING, afterSeq: 29, limit: 1_000 });
      expect(changed.entries).toHaveLength(100);
      for (const question of [
        ANYTHING,
        { ...ANYTHING, terms: ['t:common'] },
        { ...ANYTHING, terms: ['t:common', 'a:writer'] },
      ]) {
        const found = await find(at, question, 700);
        expect(found.entries.map(({ key }) => key)).toEqual(keys);
        expect(found.pages).toBeLessThan(12);
      }
      const first = await storage.index.find({
        ...at,
        ...ANYTHING,
        terms: ['a:writer', 't:common'],
        limit: 1,
      });
      expect(first).toMatchObject({ entries: [{ key: 'k/0000' }], reachedKey: 'k/0000' });
    });

    test('knows each version as soon as it is appended, and none that it replaced', async () => {
      const at = await openSpace(storage.log);
      const keysBy = async (term: string) =>
        (await find(at, { ...ANYTHING, terms: [term] })).entries.map(({ key }) => key);
      await write(storage.log, at, [
        {
          values: [
            ['a', 'old', { tags: ['x'] }],
            ['b', 'old', { tags: ['x'] }],
          ],
        },
      ]);
      expect(await keysBy('t:x')).toEqual(['a', 'b']);
      await write(storage.log, at, [{ values: [['a', 'new', { tags: ['y'] }]] }]);
      expect([await keysBy('t:x'), await keysBy('t:y'), await keysBy('w:new')]).toEqual([
        ['b'],
        ['a'],
        ['a'],
      ]);
      await write(storage.log, at, [{ values: [['b', undefined]] }]);
      expect([await keysBy('t:x'), await keysBy('w:old'), await keysBy('w:b')]).toEqual([[], [], []]);
      expect((await find(at, ANYTHING)).entries.map(({ key }) => key)).toEqual(['a']);
    });
  });
}
