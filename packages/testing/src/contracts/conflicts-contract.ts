import type { Append, ConflictRecord, Conflicts, EventLog, PartitionId } from '@mnemon/core';
import type { InstanceId, Strategy } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_VALUES } from './odd-values.ts';
import { appendOf, loadAll, type MakeStorage, openSpace } from './stored-history.ts';

interface Met {
  key?: string;
  strategy?: Strategy;
  pattern?: string;
  isOpen?: boolean;
  value?: ConflictRecord['stored']['value'];
  arrivedBy?: string;
}

/** A conflict as `seq`'s commit records it. */
export function conflictOf(
  { space, partition }: PartitionId,
  seq: number,
  index: number,
  met: Met,
): ConflictRecord {
  const {
    key = 'k',
    strategy = 'last-write-wins',
    pattern,
    isOpen = false,
    value = 1,
    arrivedBy = 'bob',
  } = met;
  const hlc = { wallMs: 1_750_000_000_000, counter: 0 };
  const resolved = { status: 'resolved' as const, resolvedBy: { version: 2, atMs: 5 } };
  return {
    ...{ id: `${partition}.${seq}.${index}`, space, partition, seq, index, atMs: 5 },
    ...{ key, type: 'concurrent-write', strategy, ...(pattern !== undefined && { pattern }), version: 2 },
    stored: { value, hlc, author: 'ann' as InstanceId, clock: { ann: 1 }, version: 1 },
    arrived: { hlc, author: arrivedBy as InstanceId, clock: { [arrivedBy]: 1 } },
    outcome: isOpen ? 'siblings' : 'arrived',
    ...(isOpen ? { status: 'open' } : resolved),
  };
}

/** What is recorded of conflicts must be what the log's commits recorded, once. */
export function conflictsContract(name: string, makeStorage: MakeStorage): void {
  describe(`conflicts: ${name}`, () => {
    let log: EventLog;
    let conflicts: Conflicts;
    beforeAll(async () => {
      ({ log, conflicts } = await makeStorage());
    });

    /** Appends one commit with these conflicts. */
    async function record(at: PartitionId, met: readonly Met[], closings: Append['closings'] = []) {
      const append = appendOf(at, await loadAll(log, at, ['k']), [{ values: [['k', 1]] }]);
      const seq = append.commits[0]?.commit.seq ?? 0;
      const records = met.map((each, index) => conflictOf(at, seq, index, each));
      expect(await log.append({ ...append, conflicts: records, closings })).toBe('committed');
      return { append: { ...append, conflicts: records }, records };
    }

    test('are listed newest first, page by page, each as it was recorded', async () => {
      const at = await openSpace(log);
      const { records: first } = await record(at, [{}, { key: '$a.b/ü' }]);
      const { records: second } = await record(at, [{ pattern: '$x/**' }]);
      const all = [...second, ...first.toReversed()];
      expect(await conflicts.list(at.space, { limit: 10 })).toEqual(all);
      expect(await conflicts.list(at.space, { limit: 2 })).toEqual(all.slice(0, 2));
      const beforeId = all[1]?.id;
      expect(await conflicts.list(at.space, { limit: 2, beforeId })).toEqual(all.slice(2));
      expect(await conflicts.list(at.space, { limit: 0 })).toEqual([]);
    });

    test('are told oldest first, too, page by page', async () => {
      const at = await openSpace(log);
      const { records: first } = await record(at, [{}, { key: '$a.b/ü' }]);
      const { records: second } = await record(at, [{ isOpen: true }]);
      const all = [...first, ...second];
      expect(await conflicts.recorded(at.space, { limit: 10 })).toEqual(all);
      expect(await conflicts.recorded(at.space, { limit: 2 })).toEqual(all.slice(0, 2));
      expect(await conflicts.recorded(at.space, { limit: 2, afterId: '0.1.0' })).toEqual(all.slice(1));
      expect(await conflicts.recorded(at.space, { limit: 2, afterId: all[2]?.id })).toEqual([]);
      expect(await conflicts.recorded(at.space, { limit: 2, afterId: '$ne' })).toEqual([]);
      expect(await conflicts.recorded(at.space, { limit: 0 })).toEqual([]);
    });

    test('keep any value', async () => {
      const at = await openSpace(log);
      const { records } = await record(
        at,
        ODD_VALUES.map((value) => ({ value })),
      );
      const kept = await conflicts.list(at.space, { limit: 100 });
      expect(kept.toReversed()).toEqual(JSON.parse(JSON.stringify(records)));
    });

    test('are found by id, in their space only', async () => {
      const at = await openSpace(log);
      const other = await openSpace(log);
      const { records } = await record(at, [{}]);
      expect(await conflicts.get(at.space, '0.1.0')).toEqual(records[0]);
      for (const id of ['0.1.1', '0.2.0', '', '$ne', '../0.1.0']) {
        expect(await conflicts.get(at.space, id)).toBeUndefined();
        expect(await conflicts.list(at.space, { limit: 5, beforeId: id || 'x' })).toEqual(
          id === '0.1.1' || id === '0.2.0' ? expect.anything() : [],
        );
      }
      expect(await conflicts.get(other.space, '0.1.0')).toBeUndefined();
      expect(await conflicts.list(other.space, { limit: 5 })).toEqual([]);
    });

    test('are filtered by strategy and by whether they wait for somebody', async () => {
      const at = await openSpace(log);
      await record(at, [{ strategy: 'custom', isOpen: true }, { strategy: 'custom' }, {}]);
      const ids = async (filter: object) =>
        (await conflicts.list(at.space, { limit: 10, ...filter })).map(({ index }) => index);
      expect(await ids({ strategy: 'custom' })).toEqual([1, 0]);
      expect(await ids({ status: 'resolved' })).toEqual([2, 1]);
      expect(await ids({ status: 'open', strategy: 'last-write-wins' })).toEqual([]);
    });

    test('that are open are closed with their key, and stay as they were closed', async () => {
      const at = await openSpace(log);
      await record(at, [{ isOpen: true }, { key: 'other', isOpen: true }, {}]);
      const resolvedBy = { instanceId: 'cleo' as InstanceId, version: 3, atMs: 9 };
      await record(at, [], [{ key: 'k', resolvedBy }]);
      await record(at, [], [{ key: 'k', resolvedBy: { ...resolvedBy, version: 4 } }]);
      const [third, second, first] = await conflicts.list(at.space, { limit: 10 });
      expect(first).toMatchObject({ status: 'resolved', outcome: 'merged', resolvedBy });
      expect(second).toMatchObject({ key: 'other', status: 'open', outcome: 'siblings' });
      expect(third).toMatchObject({ outcome: 'arrived', resolvedBy: { version: 2 } });
    });

    test('are counted by strategy, pattern and pair, whichever of the two came first', async () => {
      const at = await openSpace(log);
      await record(at, [{ pattern: 'a.$b/*' }, { strategy: 'set', pattern: 'a.$b/*', arrivedBy: 'Zoe' }, {}]);
      expect(await conflicts.stats(at.space)).toEqual({
        byStrategy: [
          { name: 'last-write-wins', count: 2 },
          { name: 'set', count: 1 },
        ],
        byPattern: [
          { name: 'a.$b/*', count: 2 },
          { name: '', count: 1 },
        ],
        byPair: [
          { name: 'ann bob', count: 2 },
          { name: 'Zoe ann', count: 1 },
        ],
      });
    });

    test('that were resolved long ago are forgotten, page by page, in the statistics too; open ones stay', async () => {
      const at = await openSpace(log);
      const other = await openSpace(log);
      await record(other, [{}]);
      await record(at, [{}, { isOpen: true }, { pattern: 'a/*', strategy: 'set' }]); // resolved at 5
      await record(at, [{ key: 'late', isOpen: true }]);
      await record(at, [], [{ key: 'late', resolvedBy: { version: 3, atMs: 9 } }]);
      const forget = (untilMs: number, limit = 100) => conflicts.forget(at.space, { untilMs, limit });
      const ids = async () => (await conflicts.list(at.space, { limit: 10 })).map(({ id }) => id);
      expect(await forget(4)).toBe(0);
      expect(await forget(5, 0)).toBe(0);
      expect(await forget(5, 1)).toBe(1);
      expect(await forget(8)).toBe(1);
      expect(await forget(8)).toBe(0);
      expect(await ids()).toEqual(['0.2.0', '0.1.1']);
      expect(await conflicts.list(at.space, { limit: 10, beforeId: '0.2.0' })).toMatchObject([
        { id: '0.1.1' },
      ]);
      expect(await conflicts.stats(at.space)).toEqual({
        byStrategy: [{ name: 'last-write-wins', count: 2 }],
        byPattern: [{ name: '', count: 2 }],
        byPair: [{ name: 'ann bob', count: 2 }],
      });
      expect(await forget(9)).toBe(1);
      expect(await ids()).toEqual(['0.1.1']);
      await record(at, [], [{ key: 'k', resolvedBy: { version: 3, atMs: 10 } }]);
      expect(await conflicts.get(at.space, '0.1.1')).toMatchObject({ status: 'resolved' });
      expect(await conflicts.list(other.space, { limit: 10 })).toHaveLength(1);
    });

    test('of a page whose last record was forgotten meanwhile, the next one is not lost', async () => {
      const at = await openSpace(log);
      await record(at, [{ isOpen: true }, {}]);
      for (let i = 0; i < 8; i++) await record(at, []);
      await record(at, [{}, { isOpen: true }]);
      await conflicts.forget(at.space, { untilMs: 5, limit: 100 });
      for (const forgotten of ['0.1.1', '0.10.0']) {
        const page = { limit: 5, beforeId: forgotten, afterId: forgotten };
        expect(await conflicts.list(at.space, page)).toMatchObject([{ id: '0.1.0' }]);
        expect(await conflicts.recorded(at.space, page)).toMatchObject([{ id: '0.10.1' }]);
      }
    });

    test('of two that forget at once, each record is counted out once', async () => {
      const at = await openSpace(log);
      await record(
        at,
        Array.from({ length: 20 }, () => ({})),
      );
      await record(at, [{ isOpen: true }]);
      const page = { untilMs: 5, limit: 15 };
      await Promise.all([conflicts.forget(at.space, page), conflicts.forget(at.space, page)]);
      while ((await conflicts.forget(at.space, page)) > 0);
      expect((await conflicts.stats(at.space)).byStrategy).toEqual([{ name: 'last-write-wins', count: 1 }]);
    });

    test('come with their commit or not at all, and never twice', async () => {
      const at = await openSpace(log);
      const { append, records } = await record(at, [{ isOpen: true }]);
      const closings = [{ key: 'k', resolvedBy: { version: 9, atMs: 9 } }];
      expect(await log.append({ ...append, closings })).toBe('conflict');
      expect(await conflicts.list(at.space, { limit: 5 })).toEqual(records);
      expect((await conflicts.stats(at.space)).byStrategy).toEqual([{ name: 'last-write-wins', count: 1 }]);
    });
  });
}
