import type { DueEntry, PartitionId, StoragePorts } from '@mnemon/core';
import type { InstanceId, JsonValue } from '@mnemon/protocol';
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

    const dueIn = async (
      what: 'expired' | 'tombstones',
      { space }: PartitionId,
      fromMs: number,
      untilMs: number,
      limit = 3,
    ): Promise<DueEntry[]> => {
      const all: DueEntry[] = [];
      let after: DueEntry | undefined = { space, partition: 0, key: '', seq: 0, atMs: fromMs - 1 };
      for (;;) {
        const page: readonly DueEntry[] = await storage.lifetimes[what]({ untilMs, after, limit });
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
      expect(await dueIn('expired', at, t, t)).toEqual([]);
      expect(await dueIn('expired', at, t, t + 2)).toEqual([
        { ...at, key: 'early', seq: 1, atMs: t + 1 },
        { ...at, key: 'middle', seq: 1, atMs: t + 2 },
      ]);
      expect(keysOf(await dueIn('expired', at, t, t + FAR))).toEqual(['early', 'middle', 'late']);
    });

    test('pages of any size hold each once, also of those that end in one moment', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      const keys = [...ODD_KEYS, ...Array.from({ length: 20 }, (_, i) => `key/${i}`)];
      await put(at, Object.fromEntries(keys.map((key, i) => [key, { expiresAtMs: t + (i % 3) }])));
      const all = keysOf(await dueIn('expired', at, t, t + FAR, 1000));
      expect([...all].sort()).toEqual([...keys].sort());
      for (const limit of [1, 4, 7]) {
        expect(keysOf(await dueIn('expired', at, t, t + FAR, limit))).toEqual(all);
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
      expect(await dueIn('expired', at, t, t + FAR)).toEqual([{ ...at, key: 'longer', seq: 2, atMs: t + 5 }]);
      expect(await dueIn('tombstones', at, t, t + 6)).toEqual([]);
      expect(await dueIn('tombstones', at, t, t + FAR)).toEqual([
        { ...at, key: 'deleted', seq: 4, atMs: t + 7 },
      ]);
    });

    test('a tombstone that is forgotten is gone, and its key begins anew', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      await put(at, { a: {}, b: {} });
      await del(at, t, 'a', 'b');
      const [a] = await dueIn('tombstones', at, t, t + FAR);
      expect(a).toEqual({ ...at, key: 'a', seq: 2, atMs: t });
      await storage.lifetimes.forget([a as DueEntry]);
      expect(keysOf(await dueIn('tombstones', at, t, t + FAR))).toEqual(['b']);
      expect([...(await loadAll(storage.log, at, ['a', 'b'])).entries.keys()]).toEqual(['b']);
      await put(at, { a: {} });
      expect((await loadAll(storage.log, at, ['a'])).entries.get('a')).toMatchObject({ version: 1, seq: 3 });
      const entries = await storage.log.entries({ ...at, afterKey: undefined, limit: 10 });
      expect(entries.map(({ key }) => key)).toEqual(['a']);
    });

    test('nothing but the named tombstone is forgotten', async () => {
      const at = await openSpace(storage.log);
      const t = someTime();
      await put(at, { revived: {}, again: {}, live: {} });
      await del(at, t, 'revived', 'again');
      const stale = [...(await dueIn('tombstones', at, t, t + FAR)), { ...at, key: 'live', seq: 1, atMs: t }];
      await put(at, { revived: {}, again: {} });
      await del(at, t + 1, 'again');
      await storage.lifetimes.forget(stale);
      await storage.lifetimes.forget([]);
      const { entries } = await loadAll(storage.log, at, ['revived', 'again', 'live']);
      expect([...entries.keys()].sort()).toEqual(['again', 'live', 'revived']);
      expect(await dueIn('tombstones', at, t, t + FAR)).toEqual([
        { ...at, key: 'again', seq: 4, atMs: t + 1 },
      ]);
    });

    test('instances that were not heard of are forgotten, a bounded number at a time, with their checkpoints', async () => {
      const { nodes, checkpoints, lifetimes } = storage;
      const { space } = await openSpace(storage.log);
      const t = 1_000_000; // before all others
      const note = async (name: string, atMs: number) => {
        const who = { space, instanceId: name as InstanceId };
        const connection = { connectionId: name, connectedAtMs: atMs };
        await nodes.put({ ...who, ...connection, userId: 'user', status: 'offline', lastSeenAtMs: atMs });
        const cursor = { epoch: 'e', seq: [1] };
        await checkpoints.put({ ...who, cursor, events: 0, clock: { wallMs: atMs, counter: 0 }, atMs });
      };
      await Promise.all(['a', 'b', 'c'].map((name) => note(name, t)));
      await note('alive', t + 1);
      expect(await lifetimes.forgetInstances({ untilMs: t - 1, limit: 10 })).toBe(0);
      expect(await lifetimes.forgetInstances({ untilMs: t, limit: 2 })).toBe(2);
      expect(await lifetimes.forgetInstances({ untilMs: t, limit: 2 })).toBe(1);
      expect(await lifetimes.forgetInstances({ untilMs: t, limit: 2 })).toBe(0);
      expect((await nodes.list(space)).map(({ instanceId }) => instanceId)).toEqual(['alive']);
      expect((await checkpoints.list(space)).map(({ instanceId }) => instanceId)).toEqual(['alive']);
      await lifetimes.forgetInstances({ untilMs: t + 1, limit: 1 });
    });
  });
}
