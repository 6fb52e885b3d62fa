import { type ConflictResolver, MemorySyncManager, type MemorySyncOptions } from '@mnemon/client';
import type { SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('MemorySyncManager, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  const optionsOf = (space: SpaceId, workerId: string): MemorySyncOptions => ({
    workerId,
    url: cloud.url,
    token: () => cloud.issueToken({ space }),
  });
  const connect = (space: SpaceId, workerId: string, options: Partial<MemorySyncOptions> = {}) =>
    MemorySyncManager.connect({ ...optionsOf(space, workerId), ...options });

  test('works right after `new`: writes queue, reads answer own writes, others wait for the connection', async () => {
    const space = cloud.newSpace();
    const manager = new MemorySyncManager(optionsOf(space, 'early'));
    await manager.write('a', 1);
    expect(await manager.read('a')).toBe(1);
    expect(await manager.read('b')).toBeNull();
    await manager.forceSync();
    const other = await connect(space, 'other');
    expect(await other.read('a')).toBe(1);
    expect(await other.read('task-sentinel/a')).toBe(1);
    expect(await other.read('a', { namespace: 'elsewhere' })).toBeNull();
    await Promise.all([manager.shutdown(), other.shutdown()]);
  });

  test('tasks, workers, agents and the queue are where the old system had them', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    await one.syncTaskState('42', { status: 'running' });
    await one.syncTaskProgress('42', 0.5, 'halfway');
    await one.syncWorkerStatus('one', { state: 'busy', tasks: ['42'], capacity: 3 });
    await one.syncWorkerCapacity('one', 3);
    await one.syncAgentCoordination('42', 'planner', { step: 1 });
    await one.syncAgentCoordination('42', 'coder', { step: 2 });
    await one.syncQueue({ pending: ['43'], processing: ['42'] });
    await one.syncAssignments({ 42: 'one' });
    await one.syncMetrics({ done: 0 });
    await one.forceSync();
    expect(await two.getTaskState('42')).toEqual({ status: 'running' });
    expect(await two.getTaskState('43')).toBeNull();
    expect(await two.getAgentCoordination('42', 'coder')).toEqual({ step: 2 });
    expect(await two.getTaskAgents('42')).toEqual([
      { agentId: 'coder', data: { step: 2 } },
      { agentId: 'planner', data: { step: 1 } },
    ]);
    expect(await two.getQueue()).toEqual({ pending: ['43'], processing: ['42'] });
    expect(await two.searchKeys('*')).toEqual(
      [
        'coordination/assignments',
        'coordination/metrics',
        'coordination/queue',
        'tasks/42/agents/coder',
        'tasks/42/agents/planner',
        'tasks/42/progress',
        'tasks/42/state',
        'workers/one/capacity',
        'workers/one/status',
      ].map((key) => `task-sentinel/${key}`),
    );
    await Promise.all([one.shutdown(), two.shutdown()]);
  });

  test('the queue is that of the tasks, unless somebody has synced one by hand', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    expect(await one.getQueue()).toEqual({ pending: [], processing: [] });
    await one.tasks.enqueue('cook', { id: 'a', priority: 1 });
    await one.tasks.enqueue('wash', { id: 'b' });
    await two.tasks.claim();
    expect(await one.getQueue()).toMatchObject({
      pending: [{ id: 'b', value: 'wash' }],
      processing: [{ id: 'a', claimedBy: 'two' }],
    });
    await two.syncQueue({ pending: ['x'], processing: [] });
    await two.forceSync();
    expect(await one.getQueue()).toEqual({ pending: ['x'], processing: [] });
    await two.delete('coordination/queue', { durability: 'acked' });
    expect(await one.getQueue()).toMatchObject({ pending: [{ id: 'b' }] });
    await Promise.all([one.shutdown(), two.shutdown()]);
  });

  test('hears of what others change, and says so', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    const heard: unknown[] = [];
    const invalid: string[] = [];
    const subscribed = new Promise((resolve) => two.once('subscribed', resolve));
    const id = two.subscribe('tasks/*', {
      onChange: (key, value) => heard.push([key, value]),
      onInvalidate: (key) => invalid.push(key),
    });
    expect(await subscribed).toEqual({ id, pattern: 'task-sentinel/tasks/*/**' });
    await one.write('tasks/1/state', 'new', { durability: 'acked' });
    await one.delete('tasks/1/state', { durability: 'acked' });
    await two.write('tasks/2', 'own', { durability: 'acked' });
    await eventually(() =>
      expect(heard).toEqual([
        ['task-sentinel/tasks/1/state', 'new'],
        ['task-sentinel/tasks/1/state', null],
        ['task-sentinel/tasks/2', 'own'],
      ]),
    );
    expect(invalid).toEqual(['task-sentinel/tasks/1/state', 'task-sentinel/tasks/1/state']);
    const changes = two.iterate('tasks/*');
    const values = two.watch('tasks/2');
    expect((await values.next()).value).toBe('own');
    await one.write('tasks/2', 'again', { durability: 'acked' });
    expect((await changes.next()).value).toMatchObject({ key: 'task-sentinel/tasks/2', value: 'again' });
    expect((await values.next()).value).toBe('again');
    expect(two.unsubscribe(id)).toBe(true);
    expect(two.unsubscribe(id)).toBe(false);
    const { subscriptions, propagation, ack, writes, vectorClock } = two.getMetrics();
    expect({ subscriptions, writes, ack: ack.count, heard: propagation.count }).toEqual({
      ...{ subscriptions: 0, writes: 1, ack: 1, heard: 3 },
    });
    expect(vectorClock).toEqual({ one: 2, two: 1 });
    await Promise.all([one.shutdown(), two.shutdown()]);
  });

  test('a task is locked for one, who alone can release it', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    expect(await one.acquireTaskLock('42')).toBe(true);
    expect(await one.acquireTaskLock('42')).toBe(false);
    expect(await two.acquireTaskLock('42')).toBe(false);
    expect(await two.releaseTaskLock('42')).toBe(false);
    expect(await two.acquireTaskLock('42')).toBe(false);
    expect(await one.releaseTaskLock('42')).toBe(true);
    expect(await two.acquireTaskLock('42')).toBe(true);
    await two.shutdown();
    await eventually(async () => expect(await one.acquireTaskLock('42')).toBe(true));
    await one.shutdown();
  });

  test('a worker is active while it is connected; that its status changed or that it is gone is a change, a beat is none', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    const statuses: unknown[] = [];
    const subscribed = new Promise((resolve) => two.once('subscribed', resolve));
    two.subscribe('workers/*/status', { onChange: (key, value) => statuses.push([key, value]) });
    await subscribed;
    const busy = { state: 'busy', tasks: ['42'], capacity: 2 };
    await one.syncWorkerStatus('one', busy);
    await one.forceSync();
    const { seq } = (await two.at({ timeMs: Date.now() + 60_000 })).cursor;
    await one.syncWorkerStatus('one', { ...busy });
    await one.updateHeartbeat();
    await one.forceSync();
    expect((await two.at({ timeMs: Date.now() + 60_000 })).cursor.seq, 'nothing new in the log').toEqual(seq);
    const lastBeatAtMs = expect.any(Number);
    const third = await cloud.connect(space, 'no-manager');
    await eventually(async () =>
      expect(await two.getActiveWorkers()).toEqual([
        { workerId: 'one', lastBeatAtMs, ...busy },
        { workerId: 'two', lastBeatAtMs },
      ]),
    );
    expect(await two.read('workers/one/heartbeat')).toEqual({ status: 'online', lastBeatAtMs });
    expect(await two.read('workers/nobody/heartbeat')).toBeNull();
    await one.shutdown();
    const status = 'task-sentinel/workers/one/status';
    await eventually(() =>
      expect(statuses).toEqual([
        [status, busy],
        [status, { state: 'offline' }],
      ]),
    );
    expect((await two.getActiveWorkers()).map(({ workerId }) => workerId)).toEqual(['two']);
    const again = await connect(space, 'one');
    await again.syncWorkerStatus('one', busy);
    await cloud.cut(space, 'one');
    await eventually(() => expect(again.status.reconnects).toBe(1));
    await again.forceSync();
    await eventually(async () => expect(await two.read('workers/one/status')).toEqual(busy));
    await Promise.all([two.shutdown(), again.shutdown(), third.close()]);
  });

  test('a resolver of its own closes a conflict as merged, though three clients see it at once', async () => {
    const space = cloud.newSpace();
    const conflictResolver: ConflictResolver = (versions) => {
      const values = versions.map(({ value }) => value as number).sort();
      return { resolved: { value: values, tags: ['resolved'] }, strategy: 'collect', discarded: versions };
    };
    const names = ['one', 'two', 'three'];
    const managers = await Promise.all(names.map((name) => connect(space, name, { conflictResolver })));
    const [one, two, three] = managers as [MemorySyncManager, MemorySyncManager, MemorySyncManager];
    const resolved: unknown[] = [];
    for (const manager of managers) manager.on('conflict-resolved', (event) => resolved.push(event));
    for (const manager of [one, three]) {
      const subscribed = new Promise((resolve) => manager.once('subscribed', resolve));
      manager.subscribe('shared/*');
      await subscribed;
    }
    await Promise.all([
      one.write('shared/a', 1, { ttl: 60, durability: 'acked' }),
      two.write('shared/a', 2, { ttl: 60, durability: 'acked' }),
    ]);
    await eventually(async () => {
      for (const manager of managers) expect(await manager.read('shared/a')).toEqual([1, 2]);
    });
    const closed = { key: 'task-sentinel/shared/a', value: [1, 2], version: 3 };
    await eventually(() => expect(resolved).toContainEqual(closed));
    const { conflicts } = await one.memory.conflicts.list();
    expect(conflicts).toMatchObject([{ status: 'resolved', outcome: 'merged', version: 2 }]);
    const [entry] = await three.memory.entries(closed.key);
    expect(entry).toMatchObject({ version: 3, tags: ['resolved'], expiresAtMs: expect.any(Number) });
    expect(entry).not.toHaveProperty('siblings');
    expect(three.getMetrics().conflicts).toBeGreaterThan(0);
    await Promise.all(managers.map((manager) => manager.shutdown()));
  });

  test('a resolver that is named chooses the strategy of the engine', async () => {
    const space = cloud.newSpace();
    const conflictResolver = 'mergeObjects';
    const [one, two] = await Promise.all([
      connect(space, 'one', { conflictResolver }),
      connect(space, 'two', { conflictResolver }),
    ]);
    const resolved: unknown[] = [];
    for (const manager of [one, two]) manager.on('conflict-resolved', (event) => resolved.push(event));
    await Promise.all([
      one.write('a', { x: { one: 1 } }, { durability: 'acked' }),
      two.write('a', { x: { two: 2 } }, { durability: 'acked' }),
    ]);
    const value = { x: { one: 1, two: 2 } };
    await eventually(() => expect(resolved).toEqual([{ key: 'task-sentinel/a', value, version: 2 }]));
    expect(await one.read('a')).toEqual(value);
    await Promise.all([one.shutdown(), two.shutdown()]);
  });

  test('what was read from the server counts as seen: a write upon it is no conflict', async () => {
    const space = cloud.newSpace();
    const [one, two] = await Promise.all([connect(space, 'one'), connect(space, 'two')]);
    await one.write('a', 1, { durability: 'acked' });
    expect(await two.read('a')).toBe(1);
    expect(await two.write('a', 2, { durability: 'acked' })).toMatchObject({ version: 2, merged: false });
    expect(await one.read('a')).toBe(2);
    await one.write('b', 1);
    expect(await one.searchKeys('*'), 'own writes before their ack').toEqual([
      'task-sentinel/a',
      'task-sentinel/b',
    ]);
    const { reads, writes, cacheHits, cacheMisses, cache } = one.getMetrics();
    expect({ reads, writes, cacheHits, cacheMisses, maxSize: cache.maxSize }).toEqual({
      ...{ reads: 1, writes: 2, cacheHits: 0, cacheMisses: 1, maxSize: 1000 },
    });
    expect(await two.warm('*')).toBeGreaterThan(0);
    expect(two.invalidate('*')).toBe(two.getMetrics().cache.invalidated);
    await Promise.all([one.shutdown(), two.shutdown()]);
  });

  test('the past of a namespace can be looked at, compared and brought back', async () => {
    const space = cloud.newSpace();
    const admin = { token: () => cloud.issueToken({ space, grants: [{ pattern: '**', access: 'admin' }] }) };
    const one = await connect(space, 'one', admin);
    await one.write('a', 1, { durability: 'acked' });
    await one.write('a', 1, { namespace: 'elsewhere', durability: 'acked' });
    const { cursor } = await one.at({ timeMs: Date.now() + 60_000 });
    await one.write('a', 2, { durability: 'acked' });
    await one.write('a', 2, { namespace: 'elsewhere', durability: 'acked' });
    expect((await one.history('a')).versions.map(({ event }) => event.value)).toEqual([2, 1]);
    const valuesOf = ({ entries }: Awaited<ReturnType<MemorySyncManager['at']>>) =>
      entries.map(({ key, value }) => [key, value]);
    expect(valuesOf(await one.at({ cursor }))).toEqual([['task-sentinel/a', 1]]);
    expect(valuesOf(await one.at({ cursor }, { namespace: 'elsewhere', scope: { key: 'a' } }))).toEqual([
      ['elsewhere/a', 1],
    ]);
    const { differences } = await one.diff({ cursor });
    expect(differences.map(({ key }) => key)).toEqual(['task-sentinel/a']);
    await one.restore(cursor);
    await eventually(async () => expect(await one.read('a')).toBe(1));
    expect(await one.read('a', { namespace: 'elsewhere' })).toBe(2);
    expect(await one.snapshot()).toEqual((await one.memory.snapshots.list())[0]);
    const copy = cloud.newSpace();
    const grants = [{ pattern: '**', access: 'admin' as const }];
    await one.fork(cursor, await cloud.issueToken({ space: copy, instance: 'one', grants }));
    const other = await connect(copy, 'other');
    expect(await other.read('a')).toBe(1);
    await Promise.all([one.shutdown(), other.shutdown()]);
  });
});
