import { CHAIN_START, type EventLog, GENESIS, verifyChain } from '@mnemon/core';
import { type Entry, type JsonValue, keyProblem, type SpaceId, valueProblem } from '@mnemon/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS, ODD_VALUES } from './odd-values.ts';
import {
  appendOf,
  loadAll,
  type MakeStorage,
  newMutation,
  newSpace,
  openSpace,
  write,
} from './stored-history.ts';

/** What is appended is there, as it was, and nothing else is. */
export function appendTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });

  describe('open', () => {
    test('a space that was never opened is not there', async () => {
      const space = newSpace();
      expect(
        await log.load({ space, partition: 0, keys: ['a'], mutations: [newMutation()] }),
      ).toBeUndefined();
      expect(await log.head(space)).toBeUndefined();
    });

    test('a new space is empty', async () => {
      const at = await openSpace(log);
      expect(await loadAll(log, at, ['a', 'b'], [newMutation()])).toEqual({
        epoch: 'epoch-1',
        head: { seq: 0, hash: GENESIS },
        entries: new Map(),
        answered: [],
        policies: [],
        leased: false,
      });
      expect(await log.head(at.space)).toEqual({ epoch: 'epoch-1', seq: [0] });
      expect(await log.commits({ ...at, afterSeq: 0, limit: 10 })).toEqual([]);
      expect(await log.entries({ ...at, afterKey: undefined, limit: 10 })).toEqual([]);
      expect(await log.newestEntrySeq(at)).toBe(0);
    });

    test('a new epoch comes with its commits, or not at all', async () => {
      const at = await openSpace(log);
      const loaded = await loadAll(log, at, ['a']);
      const append = { ...appendOf(at, loaded, [{ values: [['a', 1]] }]), newEpoch: 'epoch-2' };
      expect(await log.append(append)).toBe('committed');
      expect(await log.head(at.space)).toEqual({ epoch: 'epoch-2', seq: [1] });
      expect((await loadAll(log, at)).epoch).toBe('epoch-2');
      expect(await log.append({ ...append, newEpoch: 'epoch-3' })).toBe('conflict');
      expect((await log.head(at.space))?.epoch).toBe('epoch-2');
      expect(await log.open(at.space, 'another')).toBe('epoch-2');
    });

    test('the first epoch stays, also of 32 that open at once', async () => {
      const space = newSpace();
      const epochs = Array.from({ length: 32 }, (_, i) => `epoch-${i}`);
      const answers = await Promise.all(epochs.map((epoch) => log.open(space, epoch)));
      expect(new Set(answers).size).toBe(1);
      expect(await log.open(space, 'late')).toBe(answers[0]);
      expect(await log.head(space)).toEqual({ epoch: answers[0], seq: [0] });
    });
  });

  describe('append', () => {
    test('commits, entries and head are there once it resolved', async () => {
      const at = await openSpace(log);
      const append = appendOf(at, await loadAll(log, at), [
        { values: [['tasks/1/state', 'open']] },
        {
          values: [
            ['tasks/2/state', 'open'],
            ['tasks/1/state', 'done'],
          ],
        },
      ]);
      expect(await log.append(append)).toBe('committed');

      expect(await log.commits({ ...at, afterSeq: 0, limit: 10 })).toEqual(append.commits);
      const loaded = await loadAll(log, at, ['tasks/1/state', 'tasks/2/state', 'tasks']);
      expect(loaded.head).toEqual({ seq: 2, hash: append.commits[1]?.hash });
      expect(loaded.entries).toEqual(new Map(append.entries.map(({ entry }) => [entry.key, entry])));
      expect(await log.head(at.space)).toEqual({ epoch: 'epoch-1', seq: [2] });
      expect(await log.newestEntrySeq(at)).toBe(2);
    });

    test('a deleted key is loaded as a tombstone, and may be written again', async () => {
      const at = await openSpace(log);
      for (const value of [1, undefined, 3])
        expect(await write(log, at, [{ values: [['a', value]] }])).toBe('committed');
      const { entries } = await loadAll(log, at, ['a']);
      expect(entries.get('a')).toMatchObject({ version: 3, value: 3, seq: 3 });
      await write(log, at, [{ values: [['a', undefined]] }]);
      const gone = (await loadAll(log, at, ['a'])).entries.get('a') as Entry;
      expect(gone).toMatchObject({ version: 4, seq: 4 });
      expect('value' in gone).toBe(false);
    });

    test('mutations are found by client and n together, and only those asked for', async () => {
      const at = await openSpace(log);
      const [one, two] = [newMutation(), newMutation()];
      const mutations = [one, two, { ...one, n: 2 }];
      await write(
        log,
        at,
        mutations.map((mutation, i) => ({ values: [[`k${i}`, i]], mutation })),
      );
      const [first] = await log.commits({ ...at, afterSeq: 0, limit: 1 });
      expect((await loadAll(log, at, [], [one, { ...two, n: 2 }, newMutation()])).answered).toEqual([first]);
      const many = Array.from({ length: 64 }, newMutation);
      const { answered } = await loadAll(log, at, [], [...mutations, ...many]);
      expect(answered.map(({ commit }) => commit.seq).sort()).toEqual([1, 2, 3]);
    });

    test('100 operations and 64 batches are one append', async () => {
      const at = await openSpace(log);
      const values = Array.from({ length: 100 }, (_, i) => [`key/${i}`, { i }] as const);
      const changes = Array.from({ length: 64 }, (_, i) => ({
        values: i === 0 ? values : values.slice(i, i + 2),
      }));
      expect(await write(log, at, changes)).toBe('committed');
      expect(await write(log, at, changes)).toBe('committed');
      const commits = await log.commits({ ...at, afterSeq: 0, limit: 1000 });
      expect(verifyChain(CHAIN_START, commits)).toMatchObject({ intact: true, end: { seq: 128 } });
    });

    test('spaces and partitions do not see each other', async () => {
      const at = await openSpace(log);
      const longer = await openSpace(log, `${at.space}:b` as SpaceId);
      const other = { ...at, partition: 1 };
      const mutation = newMutation();
      await write(log, at, [{ values: [['a', 'here']] }]);
      expect(await write(log, longer, [{ values: [['a', 'there']], mutation }])).toBe('committed');
      expect(await write(log, other, [{ values: [['a', 'beside']] }, { values: [['b', 'beside']] }])).toBe(
        'committed',
      );
      const loaded = await loadAll(log, at, ['a', 'b'], [mutation]);
      expect(loaded).toMatchObject({ head: { seq: 1 }, answered: [] });
      expect([...loaded.entries.values()].map(({ value }) => value)).toEqual(['here']);
      expect(await log.entries({ ...at, afterKey: undefined, limit: 10 })).toHaveLength(1);
      expect(await log.commits({ ...at, afterSeq: 0, limit: 10 })).toHaveLength(1);
      expect(await log.newestEntrySeq(at)).toBe(1);
      expect(await log.newestEntrySeq(other)).toBe(2);
    });

    test('what callers do to their objects afterwards changes nothing', async () => {
      const at = await openSpace(log);
      const append = appendOf(at, await loadAll(log, at), [{ values: [['a', { list: [1] }]] }]);
      const before = structuredClone(append);
      await log.append(append);
      const scribble = (entry: Entry | undefined) =>
        Object.assign(entry as object, { value: 'scribbled', seq: 9 });
      scribble(append.entries[0]?.entry);
      scribble((await loadAll(log, at, ['a'])).entries.get('a'));
      scribble((await log.entries({ ...at, afterKey: undefined, limit: 1 }))[0]);
      expect(await log.entries({ ...at, afterKey: undefined, limit: 1 })).toEqual([before.entries[0]?.entry]);
      expect((await loadAll(log, at, ['a'])).entries.get('a')).toEqual(before.entries[0]?.entry);
    });
  });

  describe('exactness', () => {
    test('every odd value comes back as its canonical text says, hash and all', async () => {
      const at = await openSpace(log);
      await expectExact(
        log,
        at,
        ODD_VALUES.map((value, i) => [`values/${i}`, value] as const),
      );
    });

    test('every odd key is a key like any other', async () => {
      const at = await openSpace(log);
      await expectExact(
        log,
        at,
        ODD_KEYS.map((key, i) => [key, i] as const),
      );
    });

    test('any keys and values', async () => {
      const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false, stringUnit: 'binary' });
      const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
      const pair = fc.tuple(
        key.filter((text) => keyProblem(text) === undefined),
        value.filter((json) => valueProblem(json) === undefined) as fc.Arbitrary<JsonValue>,
      );
      const pairs = fc.uniqueArray(pair, { selector: ([name]) => name, minLength: 1, maxLength: 60 });
      const property = fc.asyncProperty(pairs, async (values) =>
        expectExact(log, await openSpace(log), values),
      );
      await fc.assert(property, { numRuns: 20 });
    });

    test('what has no canonical text is refused, and nothing of it is kept', async () => {
      const at = await openSpace(log);
      const append = appendOf(at, await loadAll(log, at), [
        {
          values: [
            ['a', 1],
            ['b', 2],
          ],
        },
      ]);
      for (const bad of [Number.POSITIVE_INFINITY, '\ud800']) {
        const [a, b] = append.entries.map(({ entry }) => ({ entry, loadedSeq: 0 }));
        const broken = { ...append, entries: [a, { ...b, entry: { ...b?.entry, value: bad } }] };
        await expect(log.append(broken as typeof append)).rejects.toThrow();
      }
      const loaded = await loadAll(log, at, ['a', 'b']);
      expect(loaded.head.seq).toBe(0);
      expect(loaded.entries.size).toBe(0);
      expect(await log.append(append)).toBe('committed');
    });
  });
}

/** Appends a commit of `values` and reads it back in every way there is. */
async function expectExact(
  log: EventLog,
  at: { space: SpaceId; partition: number },
  values: readonly (readonly [key: string, value: JsonValue])[],
): Promise<void> {
  const loaded = await loadAll(
    log,
    at,
    values.map(([key]) => key),
  );
  const append = appendOf(at, loaded, [{ values }]);
  expect(await log.append(append)).toBe('committed');

  const [commit] = await log.commits({ ...at, afterSeq: loaded.head.seq, limit: 1 });
  expect(commit?.text).toBe(append.commits[0]?.text);
  expect(verifyChain(loaded.head, commit ? [commit] : [])).toMatchObject({ intact: true, end: { seq: 1 } });
  // Text is the measure: it is where -0 becomes 0.
  const expected = new Map(append.entries.map(({ entry }) => [entry.key, JSON.parse(JSON.stringify(entry))]));
  expect(
    (
      await loadAll(
        log,
        at,
        values.map(([key]) => key),
      )
    ).entries,
  ).toEqual(expected);
  const listed = await log.entries({ ...at, afterKey: undefined, limit: values.length + 1 });
  expect(new Map(listed.map((entry) => [entry.key, entry]))).toEqual(expected);
}
