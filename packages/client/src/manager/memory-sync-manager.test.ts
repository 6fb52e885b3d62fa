import type { InstanceId, JsonValue, Sibling } from '@mnemon/protocol';
import { createFakeClock } from '@mnemon/testing/fake-clock';
import { createFaultyNetwork, type ServerSocket } from '@mnemon/testing/faulty-network';
import { createMiniServer } from '@mnemon/testing/mini-server';
import { seededRandom } from '@mnemon/testing/seeded-random';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConflictResolvers } from '../resolvers/conflict-resolvers.ts';
import type { ConflictResolver } from './conflict-resolver.ts';
import type { SyncEvents } from './events.ts';
import { MemorySyncManager } from './memory-sync-manager.ts';
import type { MemorySyncOptions } from './options.ts';

const EVENTS: Record<keyof SyncEvents, true> = {
  write: true,
  delete: true,
  'write-failed': true,
  change: true,
  conflict: true,
  'conflict-resolved': true,
  'batch-flushed': true,
  'back-pressure': true,
  subscribed: true,
  unsubscribed: true,
  'task-state-synced': true,
  'worker-status-synced': true,
  'agent-coordinated': true,
  'queue-synced': true,
  'cache-cleared': true,
  'force-sync': true,
  reconnecting: true,
  reconnected: true,
  reloaded: true,
  shutdown: true,
};

/** A manager whose server is `refuse`d or not, and everything that it tells. */
function createWorld(options: Partial<MemorySyncOptions> = {}, heartbeatMs = 1_000) {
  const clock = createFakeClock();
  const random = seededRandom(1);
  let refusal: number | undefined;
  const server = createMiniServer({ now: clock.now, heartbeatMs, refuse: (_: ServerSocket) => refusal });
  const network = createFaultyNetwork({ clock, random, accept: server.accept });
  const ports = { clock, random, openSocket: network.openSocket };
  const errors: unknown[] = [];
  const given = {
    ...{ workerId: 'w', url: 'ws://mini', token: 'token' },
    onError: (error: unknown) => errors.push(error),
    ...options,
  };
  const open = (more: Partial<MemorySyncOptions> = {}) => {
    const manager = new MemorySyncManager({ ...given, ...more }, ports);
    const told: string[] = [];
    for (const name of Object.keys(EVENTS) as (keyof SyncEvents)[]) manager.on(name, () => told.push(name));
    return { manager, told };
  };
  return {
    ...{ clock, server, network, errors, open, settled: clock.settled },
    connect: () => MemorySyncManager.connect(given, ports),
    refuse(status: number | undefined) {
      refusal = status;
    },
  };
}

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => {
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

describe('a manager without a connection', () => {
  test('takes writes and answers them, of any key and by pattern; they leave once it has one', async () => {
    const { open, refuse, clock, server, settled } = createWorld();
    refuse(503);
    const { manager, told } = open();
    await manager.write('a', 1);
    await manager.syncTaskState('42', { done: false });
    await manager.write('b', 1);
    await manager.delete('b');
    expect([await manager.read('a'), await manager.read('b')]).toEqual([1, null]);
    expect(await manager.getTaskState('42')).toEqual({ done: false });
    expect(manager.getMetrics()).toMatchObject({ reads: 3, writes: 3, pendingWrites: 3, syncs: 0 });
    await clock.advance(5_000);
    refuse(undefined);
    await settled(manager.forceSync());
    expect(server.state.get('task-sentinel/tasks/42/state')?.value).toEqual({ done: false });
    expect(server.state.get('task-sentinel/b')?.value).toBeUndefined();
    expect(manager.getMetrics()).toMatchObject({ pendingWrites: 0, syncs: 1, ack: { count: 1 } });
    expect(told).toEqual([
      ...['write', 'write', 'task-state-synced', 'write', 'delete', 'batch-flushed', 'force-sync'],
    ]);
    await settled(manager.shutdown());
  });

  test('ends within a bound, once, and leaves no timer; what it had is told as failed', async () => {
    const { open, refuse, clock, network, settled } = createWorld();
    refuse(503);
    const { manager, told } = open();
    const failed: unknown[] = [];
    manager.on('write-failed', ({ key, error }) => failed.push([key, error.code]));
    await manager.write('a', 1);
    const startedMs = clock.now();
    const ends = [manager.shutdown(), manager.shutdown()];
    await settled(Promise.all(ends));
    expect(clock.now() - startedMs).toBeLessThanOrEqual(5_000);
    expect(failed).toEqual([['task-sentinel/a', 'closed']]);
    expect(told.filter((name) => name === 'shutdown')).toHaveLength(1);
    expect({ timers: clock.timerCount, sockets: network.openCount }).toEqual({ timers: 0, sockets: 0 });
    await expect(manager.read('a')).rejects.toMatchObject({ code: 'closed' });
  });

  test('rejects nothing that nobody waits for, whatever is called, before, while and after it ends', async () => {
    const { open, refuse, clock, settled } = createWorld();
    refuse(401);
    const { manager } = open();
    const everything = () => {
      for (const key of ['a', '', 'a//b', 7 as never]) {
        void manager.read(key);
        void manager.write(key, 1);
        void manager.write(key, undefined as never, { ttl: -1 });
        void manager.delete(key, { expectedVersion: 1 });
        void manager.searchKeys(key);
        void manager.warm(key);
        void manager.history(key);
      }
      void manager.read('a', { mode: 'server', namespace: '//' });
      void manager.acquireTaskLock('1', -1);
      void manager.releaseTaskLock('1');
      void manager.syncWorkerStatus('w', { state: 'x' });
      void manager.getActiveWorkers();
      void manager.updateHeartbeat();
      void manager.syncAgentCoordination('1', 'a', null);
      void manager.getTaskAgents('1');
      void manager.getQueue();
      void manager.withLock('l', {}, () => 1);
      void manager.at({ timeMs: 1 });
      void manager.snapshot();
      void manager.forceSync();
    };
    everything();
    const ending = manager.shutdown();
    everything();
    await settled(ending);
    everything();
    await clock.advance(60_000);
    expect(clock.timerCount).toBe(0);
  });
});

test('`connect` waits, and leaves nothing behind when it fails', async () => {
  const { connect, refuse, settled, clock, network } = createWorld();
  const manager = await settled(connect());
  expect(manager.status.state).not.toBe('connecting');
  await settled(manager.shutdown());
  refuse(401);
  await expect(settled(connect())).rejects.toMatchObject({ code: 'unauthorized' });
  refuse(503);
  await expect(settled(connect())).rejects.toMatchObject({ code: 'unavailable' });
  expect({ timers: clock.timerCount, sockets: network.openCount }).toEqual({ timers: 0, sockets: 0 });
});

test('refuses options that are none', () => {
  const { open } = createWorld();
  const wrong: Partial<MemorySyncOptions>[] = [
    { workerId: '' },
    { url: 'http://mini' },
    { namespace: 'a//b' },
    { defaultTTL: -1 },
    { cacheSize: 0 },
    { batchInterval: Number.NaN },
    { heartbeatInterval: '5' as never },
    { conflictResolver: 'mergeNothing' as never },
  ];
  for (const options of wrong) expect(() => open(options), JSON.stringify(options)).toThrow();
});

test('resolves versions as it was told to, or lets the latest have its way', async () => {
  const { open, settled } = createWorld();
  const version = (author: string, value: JsonValue, wallMs: number): Sibling => ({
    ...{ author: author as InstanceId, value, clock: { [author]: 1 } },
    hlc: { wallMs, counter: 0 },
  });
  const [early, late] = [version('a', { x: 1 }, 1), version('b', { y: 2 }, 2)];
  const custom: ConflictResolver = (versions) => ({
    resolved: { value: versions.length },
    strategy: 'count',
    discarded: versions,
  });
  const outcomes: [MemorySyncOptions['conflictResolver'], JsonValue, string][] = [
    [undefined, { y: 2 }, 'last-write-wins'],
    ['mergeObjects', { x: 1, y: 2 }, 'object-merge'],
    [ConflictResolvers.mergeObjects, { x: 1, y: 2 }, 'object-merge'],
    [custom, 2, 'count'],
  ];
  for (const [conflictResolver, value, strategy] of outcomes) {
    const { manager } = open(conflictResolver && { conflictResolver });
    expect(await manager.resolveConflict([late, early])).toMatchObject({ resolved: { value }, strategy });
    await expect(manager.resolveConflict(undefined as never)).rejects.toThrow();
    await settled(manager.shutdown());
  }
});

describe('a connected manager', () => {
  test('tells that the connection went and came, and that it had to begin anew', async () => {
    const { open, clock, server, network, settled } = createWorld();
    const { manager, told } = open();
    manager.subscribe('*');
    await settled(manager.memory.connected);
    await settled(manager.write('a', 1, { durability: 'acked' }));
    network.cutAll();
    await clock.advance(10_000);
    expect(told.filter((name) => name.startsWith('reconnect'))).toEqual(['reconnecting', 'reconnected']);
    expect(told).not.toContain('reloaded');
    server.renewEpoch();
    network.cutAll();
    await clock.advance(10_000);
    expect(told.at(-1)).toBe('reloaded');
    expect(manager.getMetrics().reconnects).toBe(2);
    await settled(manager.shutdown());
  });

  test('a listener or callback that throws harms neither the caller nor the others', async () => {
    const { open, settled, errors } = createWorld();
    const { manager } = open();
    const heard: JsonValue[] = [];
    const fail = (what: string) => () => {
      throw new Error(what);
    };
    manager.on('write', fail('listener'));
    manager.subscribe('*', { onInvalidate: fail('invalidate'), onChange: fail('change') });
    manager.subscribe('*', { onChange: (_, value) => heard.push(value) });
    await settled(manager.write('a', 1, { durability: 'acked' }));
    await settled(manager.delete('a', { durability: 'acked' }));
    expect(heard).toEqual([1, null]);
    expect(errors.map((error) => (error as Error).message)).toEqual([
      ...['change', 'listener', 'invalidate', 'change'],
    ]);
    await settled(manager.shutdown());
  });

  test('a hundred queued writes leave as one frame', async () => {
    const { open, settled, server, clock } = createWorld();
    const { manager } = open();
    await settled(manager.memory.connected);
    await clock.advance(1_000);
    for (let i = 0; i < 100; i++) void manager.write(`k${i}`, i);
    await settled(manager.forceSync());
    void manager.write('x', 1);
    for (let i = 0; i < 100; i++) void manager.write(`k${i}`, -i);
    await settled(manager.forceSync());
    const sizes = server.heard.flatMap((frame) => (frame.type === 'write' ? [frame.payload.ops.length] : []));
    expect(sizes).toEqual([100, 100, 1]);
    expect(manager.getMetrics()).toMatchObject({ writes: 201, syncs: 3 });
    await settled(manager.shutdown());
  });

  test('gives what it writes its lifetime in seconds, and none for 0', async () => {
    const { open, settled, server } = createWorld({ defaultTTL: 60 });
    const { manager } = open();
    await manager.write('a', 1);
    await manager.write('b', 1, { ttl: 1.5 });
    await manager.write('c', 1, { ttl: 0 });
    await settled(manager.forceSync());
    const ops = server.heard.flatMap((frame) => (frame.type === 'write' ? frame.payload.ops : []));
    expect(ops.map((op) => ('ttlMs' in op ? op.ttlMs : undefined))).toEqual([60_000, 1_500, undefined]);
    const [hello] = server.heard;
    expect(hello).toMatchObject({ type: 'connect', payload: { presence: { will: { ttlMs: 60_000 } } } });
    await settled(manager.shutdown());
  });

  test('beats as often as it was told to', async () => {
    const { open, settled, server, clock } = createWorld({ heartbeatInterval: 5_000 }, 3_600_000);
    const { manager } = open();
    await settled(manager.memory.connected);
    const beats = () => server.heard.filter(({ type }) => type === 'heartbeat').length;
    const before = beats();
    await clock.advance(60_000);
    expect(beats() - before).toBe(12);
    await settled(manager.shutdown());
  });
});
