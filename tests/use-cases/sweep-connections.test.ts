import { acquireLock, dismiss, forget, heartbeat, sweepConnections } from '@mnemon/core';
import { describe, expect, test } from 'vitest';
import { stopBefore } from './stopped-ports.ts';
import { join, makeWorld, SPACE, type World } from './world.ts';

const STALE_MS = 80_001;

const nodeOf = async ({ ports }: World, name: string) =>
  (await ports.nodes.list(SPACE)).find(({ instanceId }) => instanceId === name);

describe('a sweep', () => {
  test('ends who was not heard of, frees its locks, notes it as offline and tells the bus', async () => {
    const world = makeWorld();
    const silent = await join(world, 'silent');
    const lock = { name: 'lock', leaseMs: 600_000, waitMs: 600_000 };
    await acquireLock(world.ports, silent.caller, { ...lock, attempt: 'a' });
    const seenAtMs = world.now();
    world.pass(STALE_MS);
    const waiting = await join(world, 'waiting');
    await acquireLock(world.ports, waiting.caller, { ...lock, attempt: 'b' });

    expect(await sweepConnections(world.ports)).toEqual({ swept: 1, connected: 1 });

    expect(silent.isClosed).toBe(true);
    expect(await heartbeat(world.ports, silent.caller, {})).toMatchObject({
      error: { code: 'not-connected' },
    });
    expect(await nodeOf(world, 'silent')).toMatchObject({ status: 'offline', lastSeenAtMs: seenAtMs });
    expect(waiting.frames).toMatchObject([{ type: 'lock', payload: { is: 'freed', name: 'lock' } }]);
    const { space, instanceId, userId } = silent.caller;
    const gone = { type: 'instance-gone', space, instanceId, userId, lastSeenAtMs: seenAtMs };
    expect(world.notices).toEqual([gone]);

    expect(waiting.isClosed).toBe(false);
    expect(await nodeOf(world, 'waiting')).toMatchObject({ status: 'online' });
    expect(await sweepConnections(world.ports)).toEqual({ swept: 0, connected: 1 });
    expect(world.notices).toHaveLength(1);
  });

  test('that runs twice at once ends each once', async () => {
    const world = makeWorld();
    for (let i = 0; i < 40; i++) await join(world, `silent-${i}`);
    world.pass(STALE_MS);
    const counts = await Promise.all([sweepConnections(world.ports), sweepConnections(world.ports)]);
    expect(counts[0].swept + counts[1].swept).toBe(40);
    expect(world.notices).toHaveLength(40);
  });

  test('leaves alone who is heard of while it looks', async () => {
    const world = makeWorld();
    const late = await join(world, 'late');
    world.pass(STALE_MS);
    const slow = stopBefore(world.ports, 'connections', 'removeStale');
    const sweep = sweepConnections(slow.ports);
    await slow.reached;
    await heartbeat(world.ports, late.caller, {});
    slow.release();
    expect(await sweep).toEqual({ swept: 0, connected: 1 });
    expect(late.isClosed).toBe(false);
    expect(await nodeOf(world, 'late')).toMatchObject({ status: 'online' });
    expect(world.notices).toEqual([]);
  });

  test('goes on to the others when one cannot be ended, and fails in the end', async () => {
    const world = makeWorld();
    for (const name of ['a', 'b', 'c']) await join(world, name);
    world.pass(STALE_MS);
    const leave: typeof world.ports.nodes.leave = async (connection, atMs) => {
      if (connection.instanceId === 'b') throw new Error('no');
      return world.ports.nodes.leave(connection, atMs);
    };
    const ports = { ...world.ports, nodes: { ...world.ports.nodes, leave } };
    await expect(sweepConnections(ports)).rejects.toThrow('no');
    expect(await nodeOf(world, 'a')).toMatchObject({ status: 'offline' });
    expect(await nodeOf(world, 'c')).toMatchObject({ status: 'offline' });
  });
});

describe('the bus is told that an instance is gone', () => {
  test('when it leaves and when the server ends it, once; not when another connection took its place', async () => {
    const world = makeWorld();
    const [ann, ben] = [await join(world, 'ann'), await join(world, 'ben')];
    await join(world, 'ann');
    await forget(world.ports, ann.caller);
    expect(world.notices).toEqual([]);
    await dismiss(world.ports, ben.caller, 'token-expired', 'over');
    await forget(world.ports, ben.caller);
    expect(world.notices).toMatchObject([{ type: 'instance-gone', instanceId: 'ben' }]);
  });
});
