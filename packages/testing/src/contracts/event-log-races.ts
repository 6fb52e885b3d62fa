import { CHAIN_START, type EventLog, type PartitionId, verifyChain } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  appendOf,
  type Change,
  loadAll,
  type MakeStorage,
  newMutation,
  openSpace,
  write,
} from './stored-history.ts';

/** Many writers at once. */
export function raceTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  beforeAll(async () => {
    ({ log } = await makeStorage());
  });
  const history = (at: PartitionId) => log.commits({ ...at, afterSeq: 0, limit: 10_000 });
  const untilCommitted = async (at: PartitionId, change: () => Promise<Change>): Promise<void> => {
    while ((await write(log, at, [await change()])) === 'conflict');
  };

  describe('races', () => {
    test.for([
      [64, 3, 'one key', () => 'key'],
      [32, 5, 'keys of their own', (i: number) => `key/${i}`],
    ] as const)(
      'of %i appends at one head exactly one commits, %i times, to %s',
      async ([writers, rounds, , keyOf]) => {
        const at = await openSpace(log);
        for (let round = 0; round < rounds; round++) {
          const keys = Array.from({ length: writers }, (_, i) => keyOf(i));
          const loaded = await loadAll(log, at, keys);
          const appends = keys.map((key, i) => appendOf(at, loaded, [{ values: [[key, `${round} ${i}`]] }]));
          const results = await Promise.all(appends.map((append) => log.append(append)));
          expect(results.filter((result) => result === 'committed')).toHaveLength(1);
          const winner = appends[results.indexOf('committed')];
          const now = await loadAll(log, at, keys);
          expect(now.head).toEqual({ seq: round + 1, hash: winner?.commits[0]?.hash });
          expect([...now.entries.values()].filter(({ seq }) => seq === round + 1)).toEqual([
            winner?.entries[0]?.entry,
          ]);
        }
        expect(verifyChain(CHAIN_START, await history(at))).toMatchObject({
          intact: true,
          end: { seq: rounds },
        });
      },
    );

    test('16 spaces written to at once do not disturb each other', async () => {
      const places = await Promise.all(Array.from({ length: 16 }, () => openSpace(log)));
      await Promise.all(
        places.map(async (at) => {
          for (let i = 0; i < 4; i++)
            expect(await write(log, at, [{ values: [['key', i]] }])).toBe('committed');
        }),
      );
      for (const at of places) expect(await history(at)).toHaveLength(4);
    });

    test('8 writers that decide anew after each conflict lose no update', async () => {
      const at = await openSpace(log);
      const increment = async (): Promise<void> => {
        for (;;) {
          const loaded = await loadAll(log, at, ['counter']);
          const count = Number(loaded.entries.get('counter')?.value ?? 0);
          const append = appendOf(at, loaded, [{ values: [['counter', count + 1]] }]);
          if ((await log.append(append)) === 'committed') return;
        }
      };
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let i = 0; i < 3; i++) await increment();
        }),
      );
      expect((await loadAll(log, at, ['counter'])).entries.get('counter')).toMatchObject({
        value: 24,
        version: 24,
      });
    });

    test('a batch that 12 resend at once until it is in the log is there once', async () => {
      const at = await openSpace(log);
      const mutation = newMutation();
      const resend = async (): Promise<void> => {
        for (;;) {
          const loaded = await loadAll(log, at, ['key'], [mutation]);
          if (loaded.answered.length > 0) return;
          if ((await log.append(appendOf(at, loaded, [{ values: [['key', 1]], mutation }]))) === 'committed')
            return;
        }
      };
      const bystander = untilCommitted(at, async () => ({ values: [['other', 1]] }));
      await Promise.all([bystander, ...Array.from({ length: 12 }, resend)]);
      const commits = await history(at);
      expect(commits).toHaveLength(2);
      expect(commits.filter(({ commit }) => commit.mutation.client === mutation.client)).toHaveLength(1);
    });

    test('who reads meanwhile never sees a hole, nor an entry beyond what the head says next', async () => {
      const at = await openSpace(log);
      let writing = true;
      const writer = (async () => {
        for (let i = 0; i < 20; i++) await write(log, at, [{ values: [['a', i]] }, { values: [['b', i]] }]);
        writing = false;
      })();
      let reads = 0;
      while (writing) {
        const newest = await log.newestEntrySeq(at);
        const head = (await log.head(at.space))?.seq[0] as number;
        const commits = await history(at);
        expect(head).toBeGreaterThanOrEqual(newest);
        expect(verifyChain(CHAIN_START, commits).intact).toBe(true);
        expect(commits.length).toBeGreaterThanOrEqual(head);
        expect(commits.length % 2).toBe(0); // both commits of an append or neither
        reads++;
      }
      await writer;
      expect(reads).toBeGreaterThan(0);
    });
  });
}
