import {
  acquireLock,
  type Caller,
  claimTask,
  endTask,
  enqueueTask,
  expireEntries,
  forget,
  getConflict,
  listConflicts,
  type Ports,
  releaseLock,
  resolveConflict,
  setPolicies,
  settleSilent,
  sweepConnections,
  verify,
} from '@mnemon/core';
import type { Batch, Grant, Op } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { atEachDeath } from './dying-ports.ts';
import { truth } from './held-state.ts';
import { AT, acksTo, attach, batchOf, join, makeWorld, put, send, type World, writeAlone } from './world.ts';

// A handler dies after each of its calls; whoever asked asks again, and gets the answer that it would have got (I6).

const ADMIN: Grant[] = [{ pattern: '**', access: 'admin' }];
const pause = async () => {};

const commitsOf = ({ ports }: World) => ports.log.commits({ ...AT, afterSeq: 0, limit: 100 });

interface Torn extends World {
  admin: Caller;
  batch: Batch;
}

/** A key that somebody has written, and the write of another who has not read it. */
async function tornWorld(): Promise<Torn> {
  const world = makeWorld();
  const admin = attach(world, 'admin', { grants: ADMIN }).caller;
  await setPolicies(world.ports, admin, [{ pattern: '**', strategy: 'custom' }]);
  await writeAlone(world, 'ann', put(world, 'k', 'tea'));
  world.pass(5);
  return { ...world, admin, batch: batchOf(put(world, 'k', 'milk')) };
}

test('a commit that records a conflict: acked as it would have been, the conflict recorded once', async () => {
  const deaths = await atEachDeath(
    tornWorld,
    async (world, ports) => send(world, await join(world, 'bob'), world.batch, ports),
    async (world) => {
      const bob = await join(world, 'bob');
      await send(world, bob, { ...world.batch, resend: true });
      expect(acksTo(bob).at(-1)?.outcomes).toEqual([{ status: 'merged', version: 2 }]);
      const { conflicts } = await listConflicts(world.ports, world.admin, { limit: 10 });
      expect(conflicts).toMatchObject([{ stored: { value: 'tea' }, arrived: { value: 'milk' } }]);
      expect(await commitsOf(world)).toHaveLength(2);
      expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 2 } });
    },
  );
  expect(deaths).toBeGreaterThan(3);
});

test('a resolution: made once, whoever died on the way', async () => {
  const resolve = async ({ admin }: Torn, ports: Ports) => {
    const [conflict] = (await listConflicts(ports, admin, { limit: 1 })).conflicts;
    return resolveConflict(ports, pause, admin, conflict?.id ?? '', { value: 'both', tags: ['agreed'] });
  };
  const deaths = await atEachDeath(
    async () => {
      const world = await tornWorld();
      await send(world, await join(world, 'bob'), world.batch);
      return world;
    },
    resolve,
    async (world) => {
      const { ports, admin } = world;
      const first = await resolve(world, ports);
      expect(first).toEqual({ ok: true, value: { status: 'applied', version: 3 } });
      expect(await resolve(world, ports)).toEqual(first);
      expect(await commitsOf(world)).toHaveLength(3);
      const { conflicts } = await listConflicts(ports, admin, { status: 'resolved', limit: 10 });
      expect(conflicts).toMatchObject([{ resolvedBy: { instanceId: 'admin', version: 3 } }]);
      const { id = '' } = conflicts[0] ?? {};
      const another = await resolveConflict(ports, pause, admin, id, { value: 'another' });
      expect(another).toMatchObject({ ok: false, error: { code: 'conflict' } });
      expect(await getConflict(ports, admin, id)).toMatchObject({ value: { outcome: 'merged' } });
    },
  );
  expect(deaths).toBeGreaterThan(4);
});

test('a sweep of what expired: each entry expires once', async () => {
  const deaths = await atEachDeath(
    async () => {
      const world = makeWorld();
      const brief = (key: string) => ({ ...put(world, key, 1), ttlMs: 1_000 }) as Op;
      await writeAlone(world, 'ann', brief('a'), brief('b'), put(world, 'kept', 1));
      world.pass(1_000);
      return world;
    },
    (_, ports) => expireEntries(ports),
    async (world) => {
      await expireEntries(world.ports);
      const events = (await commitsOf(world)).flatMap(({ commit }) => commit.events);
      expect(events.filter(({ type }) => type === 'expired').map(({ key }) => key)).toEqual(['a', 'b']);
      expect(await truth(world)).toEqual({ kept: 1 });
      expect(await verify(world.ports, AT)).toMatchObject({ intact: true });
    },
  );
  expect(deaths).toBeGreaterThan(3);
});

test('the end of a connection: its will written once, its lock freed, its instance offline', async () => {
  const STATUS = 'workers/ann/status';
  const presence = { will: { key: STATUS, value: 'gone' } };
  const worldWithWorker = async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { presence });
    await send(world, ann, batchOf(put(world, STATUS, 'busy')));
    await acquireLock(world.ports, ann.caller, { name: 'lock', attempt: 'a', leaseMs: 900_000 });
    return { ...world, ann: ann.caller };
  };
  const deaths = await atEachDeath(
    worldWithWorker,
    ({ ann }, ports) => forget(ports, ann),
    async (world) => {
      world.pass(200_000);
      const sweep = () => Promise.all([sweepConnections(world.ports), settleSilent(world.ports, 80_000)]);
      await sweep();
      await sweep();
      expect((await commitsOf(world)).map(({ commit }) => commit.events[0]?.value)).toEqual(['busy', 'gone']);
      expect(await world.ports.nodes.get(world.ann)).toMatchObject({ status: 'offline' });
      expect(world.notices.length, 'the bus is told at most once').toBeLessThanOrEqual(1);
      const bob = attach(world, 'bob').caller;
      expect(
        await acquireLock(world.ports, bob, { name: 'lock', attempt: 'b', leaseMs: 60_000 }),
      ).toMatchObject({ value: { is: 'granted' } });
    },
  );
  expect(deaths).toBeGreaterThan(7);
});

describe('a lock', () => {
  const asked = { name: 'lock', attempt: 'first', leaseMs: 60_000 };
  const acquire = (world: World, ports: Ports, name = 'ann', attempt = 'first') =>
    acquireLock(ports, attach(world, name).caller, { ...asked, attempt });

  test('is granted once, under one token', async () => {
    const deaths = await atEachDeath(
      async () => makeWorld(),
      (world, ports) => acquire(world, ports),
      async (world) => {
        const granted = await acquire(world, world.ports);
        expect(granted).toEqual({ ok: true, value: { is: 'granted', name: 'lock', token: world.now() } });
        expect(await acquire(world, world.ports, 'bob', 'other')).toMatchObject({ value: { is: 'held' } });
      },
    );
    expect(deaths).toBeGreaterThan(1);
  });

  test('is given back, whether or not anybody was told', async () => {
    const ann = (world: World) => attach(world, 'ann').caller;
    const deaths = await atEachDeath(
      async () => {
        const world = makeWorld();
        await acquire(world, world.ports);
        await acquireLock(world.ports, attach(world, 'bob').caller, {
          ...asked,
          attempt: 'b',
          waitMs: 9_000,
        });
        return world;
      },
      (world, ports) => releaseLock(ports, ann(world), { name: 'lock', token: world.now() }),
      async (world) => {
        await releaseLock(world.ports, ann(world), { name: 'lock', token: world.now() });
        expect(await acquire(world, world.ports, 'bob', 'b')).toMatchObject({
          value: { is: 'granted', token: world.now() + 1 },
        });
      },
    );
    expect(deaths).toBeGreaterThan(0);
  });
});

describe('a task', () => {
  const work = { id: '1', value: 'work', priority: 0, delayMs: 0, maxAttempts: 3 };
  const ann = (world: World) => attach(world, 'ann').caller;
  const enqueue = (world: World, ports: Ports) => enqueueTask(ports, ann(world), work);
  const claim = (world: World, ports: Ports, attempt = 'first', resend = false) =>
    claimTask(ports, ann(world), { attempt, leaseMs: 60_000, resend });
  const complete = (world: World, ports: Ports) =>
    endTask(ports, ann(world), { do: 'complete', id: '1', attempt: 'first', result: 'done' });
  const worldWithTask = async () => {
    const world = makeWorld();
    await enqueue(world, world.ports);
    return world;
  };

  test('is enqueued once', async () => {
    const deaths = await atEachDeath(
      async () => makeWorld(),
      enqueue,
      async (world) => {
        expect(await enqueue(world, world.ports)).toMatchObject({ value: { task: { value: 'work' } } });
        expect(await claim(world, world.ports)).toMatchObject({ value: { task: { id: '1' } } });
        expect((await claim(world, world.ports, 'second')).ok).toBe(true);
        expect(await world.ports.tasks.count(AT.space)).toMatchObject({ pending: 0, claimed: 1 });
      },
    );
    expect(deaths).toBeGreaterThan(0);
  });

  test('is claimed once, and the claim asked for again is the same', async () => {
    const deaths = await atEachDeath(
      worldWithTask,
      (world, ports) => claim(world, ports),
      async (world) => {
        expect(await claim(world, world.ports, 'first', true)).toMatchObject({
          value: { is: 'claimed', task: { id: '1', attempts: 1 } },
        });
        expect(await world.ports.tasks.count(AT.space)).toMatchObject({ pending: 0, claimed: 1 });
      },
    );
    expect(deaths).toBeGreaterThan(0);
  });

  test('is completed once', async () => {
    const deaths = await atEachDeath(
      async () => {
        const world = await worldWithTask();
        await claim(world, world.ports);
        return world;
      },
      complete,
      async (world) => {
        expect(await complete(world, world.ports)).toMatchObject({
          value: { is: 'changed', task: { state: 'done', result: 'done', attempts: 1 } },
        });
      },
    );
    expect(deaths).toBeGreaterThan(0);
  });
});
