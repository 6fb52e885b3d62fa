import type { EventLog, Inbox, PartitionId } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  appendOf,
  loadAll,
  type MakeStorage,
  newMutation,
  openSpace,
  waitingBatch,
  write,
} from './stored-history.ts';

/** Whatever is no longer as it was loaded makes the whole append a conflict, and a conflict leaves nothing behind. */
export function conflictTests(makeStorage: MakeStorage): void {
  let log: EventLog;
  let inbox: Inbox;
  beforeAll(async () => {
    ({ log, inbox } = await makeStorage());
  });
  const everything = async (at: PartitionId) => ({
    head: await log.head(at.space),
    commits: await log.commits({ ...at, afterSeq: 0, limit: 1000 }),
    entries: await log.entries({ ...at, afterKey: undefined, limit: 1000 }),
    newestEntrySeq: await log.newestEntrySeq(at),
    inbox: await inbox.list(at, 1000),
  });
  /** Three keys, of which `gone` is deleted, and two waiting batches. */
  const busySpace = async () => {
    const at = await openSpace(log);
    const mutation = newMutation();
    await write(log, at, [
      {
        values: [
          ['a', 1],
          ['gone', 1],
        ],
        mutation,
      },
    ]);
    await write(log, at, [
      {
        values: [
          ['b', 1],
          ['gone', undefined],
        ],
      },
    ]);
    const waiting = [waitingBatch(at.space), waitingBatch(at.space)];
    for (const batch of waiting) await inbox.put(at, batch);
    return { at, mutation, settled: waiting.map(({ batch: { client, n } }) => ({ client, n })) };
  };

  describe('conflict', () => {
    test('on a head that has moved on', async () => {
      const { at, settled } = await busySpace();
      const stale = appendOf(at, await loadAll(log, at, ['new']), [{ values: [['new', 1]] }], settled);
      await write(log, at, [{ values: [['other', 1]] }]);
      const before = await everything(at);
      expect(await log.append(stale)).toBe('conflict');
      expect(await everything(at)).toEqual(before);
    });

    test.for([
      ['was updated', 'a', 2],
      ['was deleted', 'a', undefined],
      ['was created', 'new', 2],
      ['was created again', 'gone', 2],
    ] as const)('on an entry that %s, although the head is fresh', async ([, key, value]) => {
      const { at, settled } = await busySpace();
      const { entries } = await loadAll(log, at, ['a', 'b', 'new', 'gone']);
      await write(log, at, [{ values: [[key, value]] }]);
      const { head } = await loadAll(log, at);
      const before = await everything(at);
      const values = ['fresh', 'b', key].map((each) => [each, 'stale'] as const);
      expect(await log.append(appendOf(at, { head, entries }, [{ values }], settled))).toBe('conflict');
      expect(await everything(at)).toEqual(before);
    });

    test('on a mutation that is in the log, be it the last of three', async () => {
      const { at, mutation, settled } = await busySpace();
      const before = await everything(at);
      const loaded = await loadAll(log, at, ['a', 'b', 'new']);
      const changes = [
        { values: [['new', 1]] as const },
        { values: [['b', 2]] as const },
        { values: [['a', 2]] as const, mutation },
      ];
      expect(await log.append(appendOf(at, loaded, changes, settled))).toBe('conflict');
      expect(await everything(at)).toEqual(before);
    });

    test('on a mutation that is twice in one append', async () => {
      const { at } = await busySpace();
      const before = await everything(at);
      const mutation = newMutation();
      const twice = [1, 2].map((value) => ({ values: [['new', value]] as const, mutation }));
      expect(await write(log, at, twice)).toBe('conflict');
      expect(await everything(at)).toEqual(before);
    });

    test('the same append again: it is in the log once', async () => {
      const { at } = await busySpace();
      const append = appendOf(at, await loadAll(log, at, ['new']), [{ values: [['new', 1]] }]);
      expect(await log.append(append)).toBe('committed');
      const before = await everything(at);
      expect(await log.append(append)).toBe('conflict');
      expect(await everything(at)).toEqual(before);
    });

    test('decided anew, it goes through', async () => {
      const { at } = await busySpace();
      const stale = appendOf(at, await loadAll(log, at, ['a']), [{ values: [['a', 'mine']] }]);
      await write(log, at, [{ values: [['a', 'theirs']] }]);
      expect(await log.append(stale)).toBe('conflict');
      expect(await write(log, at, [{ values: [['a', 'mine']] }])).toBe('committed');
      expect((await loadAll(log, at, ['a'])).entries.get('a')).toMatchObject({ value: 'mine', version: 3 });
    });
  });

  describe('settled batches', () => {
    test('leave the inbox with the commit, and only they do', async () => {
      const { at, settled } = await busySpace();
      const [first, second] = await inbox.list(at, 10);
      const taken = settled.filter(({ client }) => client === first?.batch.client);
      expect(await write(log, at, [{ values: [['a', 2]] }], taken)).toBe('committed');
      expect(await inbox.list(at, 10)).toEqual([second]);
    });

    test('that do not wait any more are no obstacle', async () => {
      const { at, settled } = await busySpace();
      await inbox.remove(at, settled.slice(0, 1));
      expect(await write(log, at, [{ values: [['a', 2]] }], [...settled, newMutation()])).toBe('committed');
      expect(await inbox.list(at, 10)).toEqual([]);
    });
  });
}
