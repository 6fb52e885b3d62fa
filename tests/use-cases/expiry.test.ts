import { memoryTickets } from '@mnemon/adapters/memory';
import {
  catchUp,
  cleanUp,
  expireEntries,
  forgetTombstones,
  heartbeat,
  issueTicket,
  readEntry,
  redeemTicket,
  stateAt,
  verify,
} from '@mnemon/core';
import { LIMITS, type Op } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { asState } from './held-state.ts';
import { stopBefore } from './stopped-ports.ts';
import {
  AT,
  acksTo,
  attach,
  batchOf,
  del,
  deliveriesTo,
  greet,
  join,
  makeWorld,
  put,
  SPACE,
  send,
  type World,
  writeAlone,
} from './world.ts';

const TTL_MS = 1000;

const putFor = (world: World, key: string, ttlMs: number, value = 1): Op => ({
  ...(put(world, key, value) as Op & { op: 'put' }),
  ttlMs,
});

const stored = async ({ ports }: World, key: string) =>
  (await ports.log.load({ ...AT, keys: [key], mutations: [] }))?.entries.get(key);

const readFrom = async (world: World, key: string) => {
  const answered = await readEntry(world.ports, attach(world, 'reader').caller, key);
  return answered.ok ? answered.value.value : answered.error.code;
};

/** What an operation of somebody who has read nothing makes of the key. */
const writeUnseen = async (world: World, name: string, op: Op) => {
  const client = await join(world, name);
  await send(world, client, batchOf(op));
  const ack = acksTo(client)[0];
  const event = deliveriesTo(client)
    .flatMap(({ events }) => events)
    .find(({ key }) => key === op.key);
  return { outcome: ack?.outcomes[0], event };
};

describe('an entry whose lifetime is over', () => {
  test('is invisible at once, swept or not', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', putFor(world, 'short', TTL_MS), put(world, 'long', 2));
    const reader = await join(world, 'bob');
    world.pass(TTL_MS - 1);
    expect(await readFrom(world, 'short')).toBe(1);
    world.pass(1);
    expect(await readFrom(world, 'short')).toBe('not-found');
    const state = await catchUp(world.ports, reader.caller, {});
    expect(asState(state.ok ? state.value : undefined).entries.map(({ key }) => key)).toEqual(['long']);
    await expireEntries(world.ports);
    expect(await readFrom(world, 'short')).toBe('not-found');
    expect(await readFrom(world, 'long')).toBe(2);
  });

  describe.each([
    { when: 'before the sweep', sweep: false },
    { when: 'after the sweep', sweep: true },
  ])('$when', ({ sweep }) => {
    const worldWithExpired = async () => {
      const world = makeWorld();
      await writeAlone(world, 'ann', putFor(world, 'k', TTL_MS));
      world.pass(TTL_MS);
      if (sweep) await expireEntries(world.ports);
      return world;
    };

    test('is created again by whoever writes after its end', async () => {
      const world = await worldWithExpired();
      const { outcome, event } = await writeUnseen(world, 'bob', put(world, 'k', 'new'));
      expect(outcome).toMatchObject({ status: 'applied' });
      expect(event).toMatchObject({ type: 'created', value: 'new', clock: { ann: 1, bob: 1 } });
      expect(event).not.toHaveProperty('expiresAtMs');
      expect(await readFrom(world, 'k')).toBe('new');
    });

    test('counts as absent for expectedVersion', async () => {
      const world = await worldWithExpired();
      const version = (await stored(world, 'k'))?.version as number;
      const refused = await writeUnseen(world, 'bob', put(world, 'k', 2, { expectedVersion: version }));
      expect(refused.outcome).toMatchObject({ status: 'refused', code: 'conflict' });
      expect(refused.outcome).not.toHaveProperty('current');
      const created = await writeUnseen(world, 'cem', put(world, 'k', 3, { expectedVersion: 0 }));
      expect(created.outcome).toMatchObject({ status: 'applied' });
    });

    test('is not revived by a write from before its end that arrives late', async () => {
      const world = await worldWithExpired();
      const late = put(world, 'k', 'late', { hlc: { wallMs: world.now() - 1, counter: 0 } });
      await writeUnseen(world, 'bob', late);
      expect(await readFrom(world, 'k')).toBe('not-found');
    });

    test('has nothing left to delete', async () => {
      const world = await worldWithExpired();
      const { outcome } = await writeUnseen(world, 'bob', del(world, 'k'));
      expect(outcome).toEqual({ status: 'unchanged' });
    });
  });
});

describe('the sweep', () => {
  test('tells subscribers of each entry that expired, once, in a log that holds', async () => {
    const world = makeWorld();
    const reader = await join(world, 'reader');
    const hidden = await join(world, 'other', { grants: [{ pattern: 'b/**', access: 'read' }] });
    await writeAlone(world, 'ann', putFor(world, 'a', TTL_MS), putFor(world, 'b', 2 * TTL_MS));
    world.pass(TTL_MS);
    expect(await expireEntries(world.ports)).toBe(1);
    expect(await expireEntries(world.ports)).toBe(0);
    const last = deliveriesTo(reader).at(-1);
    expect(last).toMatchObject({ seq: 3, events: [{ type: 'expired', key: 'a', version: 2 }] });
    expect(last?.events[0]).not.toHaveProperty('value');
    expect(deliveriesTo(hidden).map(({ seq }) => seq)).toEqual([2]); // I8
    expect(await stored(world, 'a')).toMatchObject({ seq: 3, version: 2 });
    expect((await verify(world.ports, AT)).intact).toBe(true);
  });

  test('goes through as many entries as there are, in commits of a bounded size, in all spaces', async () => {
    const world = makeWorld();
    const keys = Array.from({ length: 250 }, (_, i) => `k/${i}`);
    for (const space of [SPACE, 'other' as typeof SPACE]) {
      const ann = attach(world, 'ann', { space });
      await greet(world, ann);
      for (let i = 0; i < keys.length; i += 50) {
        await send(world, ann, batchOf(...keys.slice(i, i + 50).map((key) => putFor(world, key, TTL_MS))));
      }
    }
    world.pass(TTL_MS);
    expect(await expireEntries(world.ports)).toBe(500);
    expect(await world.ports.log.entries({ ...AT, afterKey: undefined, limit: 1000 })).toEqual([]);
    const commits = await world.ports.log.commits({ ...AT, afterSeq: 5, limit: 100 });
    expect(commits.map(({ commit }) => commit.events.length)).toEqual([100, 100, 50]);
  });

  test('that runs twice at once expires each entry once', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', putFor(world, 'a', TTL_MS), putFor(world, 'b', TTL_MS));
    world.pass(TTL_MS);
    const slow = stopBefore(world.ports, 'log', 'append');
    const first = expireEntries(slow.ports);
    await slow.reached;
    expect(await expireEntries(world.ports)).toBe(2);
    slow.release();
    expect(await first).toBe(0);
    expect(await world.ports.log.head(SPACE)).toMatchObject({ seq: [3] });
  });

  test('leaves alone what was written while it looked', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', putFor(world, 'a', TTL_MS), putFor(world, 'b', TTL_MS));
    world.pass(TTL_MS);
    const slow = stopBefore(world.ports, 'log', 'append');
    const sweep = expireEntries(slow.ports);
    await slow.reached;
    await writeAlone(world, 'bob', put(world, 'a', 'new'));
    slow.release();
    expect(await sweep).toBe(1);
    expect(await readFrom(world, 'a')).toBe('new');
    expect(await stored(world, 'b')).not.toHaveProperty('value');
  });
});

describe('the clean-up', () => {
  const cleanUpIn = (world: World, tickets = memoryTickets()) => cleanUp({ ...world.ports, tickets });

  test('forgets instances that were silent for so long, and tickets that nobody took', async () => {
    const world = makeWorld();
    const tickets = memoryTickets();
    const ann = await join(world, 'ann');
    await heartbeat(world.ports, ann.caller, {});
    const { ticket } = await issueTicket({ ...world.ports, tickets }, ann.caller);
    world.pass(LIMITS.writeAgeMs + LIMITS.clockAheadMs - 1);
    const ben = await join(world, 'ben');
    const fresh = await issueTicket({ ...world.ports, tickets }, ben.caller);
    expect(await cleanUpIn(world, tickets)).toEqual({ tickets: 1, instances: 0 });
    world.pass(1);
    expect(await cleanUpIn(world, tickets)).toEqual({ tickets: 0, instances: 1 });
    expect((await world.ports.nodes.list(SPACE)).map(({ instanceId }) => instanceId)).toEqual(['ben']);
    expect(await redeemTicket(tickets, ticket, 0)).toBeUndefined();
    expect(await redeemTicket(tickets, fresh.ticket, world.now())).toMatchObject({ instanceId: 'ben' });
  });
});

describe('a tombstone', () => {
  const forgotten = async (world: World) => (await stored(world, 'k')) === undefined;

  test('is forgotten once the log is without it, and no write that competes with it is taken any more', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', put(world, 'k', 1), put(world, 'kept', 1), del(world, 'k'));
    await writeAlone(world, 'ann', put(world, 'kept', 2));
    const oldest = () => ({ hlc: { wallMs: world.now() - LIMITS.writeAgeMs, counter: 0 } });
    await world.ports.log.raiseFloor({ ...AT, seq: 3 });
    world.pass(LIMITS.writeAgeMs);
    expect(await forgetTombstones(world.ports, AT)).toBe(0);
    // The oldest write that is still taken would revive the key, had the tombstone been forgotten.
    await writeUnseen(world, 'bob', put(world, 'k', 'old', oldest()));
    expect(await readFrom(world, 'k')).toBe('not-found');
    await world.ports.log.raiseFloor({ ...AT, seq: 5 }); // that write's own commit, which deletes once more
    world.pass(2 * LIMITS.clockAheadMs);
    expect(await forgetTombstones(world.ports, AT)).toBe(1);
    expect(await forgotten(world)).toBe(true);
    expect(await readFrom(world, 'kept')).toBe(2);
  });

  test('stays as long as the log tells of the deletion, however old: it stands for the key in past states', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', put(world, 'k', 'was'), del(world, 'k'));
    world.pass(10 * LIMITS.writeAgeMs);
    await writeAlone(world, 'ann', put(world, 'another', 1));
    await world.ports.log.raiseFloor({ ...AT, seq: 1 });
    expect(await forgetTombstones(world.ports, AT)).toBe(0);
    const { epoch = '' } = (await world.ports.log.head(SPACE)) ?? {};
    const request = { scope: { prefix: '' }, at: { cursor: { epoch, seq: [1] } } };
    const past = await stateAt(world.ports, attach(world, 'reader').caller, request);
    expect(past).toMatchObject({ value: { entries: [{ key: 'k', value: 'was' }] } });
  });

  test('goes with what expired in the same way, and with any number of them', async () => {
    const world = makeWorld();
    const ops = Array.from({ length: 600 }, (_, i) => putFor(world, `k/${i}`, TTL_MS));
    for (let i = 0; i < ops.length; i += 100) {
      await send(world, await join(world, 'ann'), batchOf(...ops.slice(i, i + 100)));
    }
    world.pass(TTL_MS);
    await expireEntries(world.ports);
    await world.ports.log.raiseFloor({ ...AT, seq: 12 });
    world.pass(LIMITS.writeAgeMs + LIMITS.clockAheadMs - 1);
    expect(await forgetTombstones(world.ports, AT)).toBe(0);
    world.pass(1);
    expect(await forgetTombstones(world.ports, AT)).toBe(600);
  });
});
