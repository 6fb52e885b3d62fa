import { connect, forget, subscribe } from '@mnemon/core';
import { PROTOCOL_VERSION } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { asLog, asState } from './held-state.ts';
import { stopBefore } from './stopped-ports.ts';
import {
  AT,
  attach,
  batchOf,
  type Client,
  connectedIn,
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

test('the first connection of a space opens it and receives its state, which is empty', async () => {
  const world = makeWorld();
  const ann = attach(world, 'ann');
  const connected = await greet(world, ann);
  const head = { epoch: 'random-1', seq: [0] };
  expect(connected).toEqual({
    protocolVersion: PROTOCOL_VERSION,
    space: SPACE,
    instanceId: 'ann',
    head,
    heartbeatMs: 25_000,
    tokenExpiresAt: ann.caller.tokenExpiresAtMs,
    missed: { recovered: false, reason: 'no-cursor', cursor: head, entries: [] },
  });
  expect((await greet(world, attach(world, 'bob'))).head).toEqual(head);
});

test('a client with a cursor receives the commits that it missed', async () => {
  const world = makeWorld();
  const { head: cursor } = await greet(world, attach(world, 'ann'));
  await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'b', 2));
  const { missed, head } = await greet(world, attach(world, 'ann'), { cursor });
  expect(asLog(missed).commits.map(({ seq, prev }) => [seq, prev])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(asLog(missed).cursor).toEqual(head);
});

test('a client without a cursor receives the state', async () => {
  const world = makeWorld();
  await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'a', 2));
  const { missed } = await greet(world, attach(world, 'ann'));
  expect(asState(missed)).toMatchObject({ reason: 'no-cursor', entries: [{ key: 'a', value: 2, seq: 2 }] });
});

test('a client that subscribes to nothing is told the head and nothing else', async () => {
  const world = makeWorld();
  await writeAlone(world, 'bob', put(world, 'a', 1));
  const connected = await greet(world, attach(world, 'ann'), { subscriptions: [] });
  expect(connected.head.seq).toEqual([1]);
  expect(connected).not.toHaveProperty('missed');
});

test('another version of the protocol is refused, and nothing is registered', async () => {
  const world = makeWorld();
  const { caller } = attach(world, 'ann');
  const request = { protocolVersion: PROTOCOL_VERSION + 1, subscriptions: ['**'] };
  const answered = await connect(world.ports, caller, request, 25_000);
  expect(answered).toMatchObject({ ok: false, error: { code: 'unsupported-version', retryable: false } });
  expect(await connectedIn(world)).toEqual([]);
  expect(await world.ports.log.head(SPACE)).toBeUndefined();
});

test('a second connection of an instance takes the place of the first, which is told and closed', async () => {
  const world = makeWorld();
  const former = await join(world, 'ann');
  const bystander = await join(world, 'bob');
  const next = await join(world, 'ann');
  expect(former.frames.at(-1)).toMatchObject({ type: 'disconnect', payload: { code: 'replaced' } });
  expect([former.isClosed, next.isClosed, bystander.isClosed]).toEqual([true, false, false]);
  const rows = await world.ports.connections.list(SPACE, world.now());
  expect(rows.map(({ connectionId }) => connectionId).sort()).toEqual(
    [next, bystander].map(({ caller }) => caller.connectionId).sort(),
  );
});

test('the end of the replaced connection leaves its successor alone', async () => {
  const world = makeWorld();
  const former = await join(world, 'ann');
  const next = await join(world, 'ann');
  await forget(world.ports, former.caller);
  await writeAlone(world, 'bob', put(world, 'a', 1));
  expect(deliveriesTo(next)).toHaveLength(1);
  expect(await world.ports.nodes.list(SPACE)).toMatchObject([{ instanceId: 'ann', status: 'online' }]);
});

test('a connect that is processed late leaves the newer connection alone and is refused', async () => {
  const world = makeWorld();
  const former = attach(world, 'ann'); // its connect is on its way
  const next = await join(world, 'ann');
  const request = { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'] };
  const answered = await connect(world.ports, former.caller, request, 25_000);
  expect(answered).toMatchObject({ ok: false, error: { code: 'replaced' } });
  expect(next.isClosed).toBe(false);
  await writeAlone(world, 'bob', put(world, 'a', 1));
  expect(next.frames.map(({ type }) => type)).toEqual(['changes']);
  expect(former.frames).toEqual([]);
});

test('a connect that is processed again takes back nothing that was subscribed to since', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann', { subscriptions: [] });
  await subscribe(world.ports, ann.caller, { patterns: ['**'] });
  const connected = await greet(world, ann, { subscriptions: [] });
  expect(connected.missed).toMatchObject({ reason: 'no-cursor' });
  await writeAlone(world, 'bob', put(world, 'a', 1));
  expect(deliveriesTo(ann)).toHaveLength(1);
});

test('saying connect twice on one connection ends nothing', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann');
  await greet(world, ann);
  expect(ann.isClosed).toBe(false);
  expect(ann.frames).toEqual([]);
});

test('the same instance id in another space is another instance', async () => {
  const world = makeWorld();
  const here = await join(world, 'ann');
  await join(world, 'ann', { space: 'other' as never });
  expect(here.isClosed).toBe(false);
});

test('who connects and leaves is noted as online and offline', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann');
  const { connectionId, connectedAtMs, userId, grants } = ann.caller;
  const node = { space: SPACE, instanceId: 'ann', userId, grants, connectionId, connectedAtMs };
  expect(await world.ports.nodes.list(SPACE)).toEqual([
    { ...node, status: 'online', lastSeenAtMs: world.now() },
  ]);
  world.pass(1000);
  await forget(world.ports, ann.caller);
  expect(await world.ports.nodes.list(SPACE)).toEqual([
    { ...node, status: 'offline', lastSeenAtMs: world.now() },
  ]);
  expect(await connectedIn(world)).toEqual([]);
});

test('a commit that is made while a client connects reaches it: by the log, by a frame, or by both', async () => {
  for (const moment of ['head', 'entries', 'open'] as const) {
    const world = makeWorld();
    await writeAlone(world, 'bob', put(world, 'before', 0));
    const ann = attach(world, 'ann');
    const { ports, reached, release } = stopBefore(world.ports, 'log', moment);
    const connecting = greet({ ...world, ports: ports as never }, ann);
    await reached;
    await send(world, attach(world, 'bob'), batchOf(put(world, 'meanwhile', 1)));
    release();
    const { missed } = await connecting;
    const read = asState(missed).entries.map(({ key }) => key);
    const posted = deliveriesTo(ann).flatMap(({ events }) => events.map(({ key }) => key));
    expect(new Set([...read, ...posted])).toEqual(new Set(['before', 'meanwhile']));
    expect(asState(missed).cursor.seq[0]).toBeLessThanOrEqual(
      (await world.ports.log.head(AT.space))?.seq[0] ?? 0,
    );
  }
});

describe('connections of one token', () => {
  const LIMIT = 2;
  const say = (world: World, client: Client) =>
    connect(world.ports, client.caller, { protocolVersion: PROTOCOL_VERSION, subscriptions: [] }, 1, LIMIT);

  test('beyond so many are refused, until one has gone; those of other tokens are not counted', async () => {
    const world = makeWorld();
    const [ann, bob, cem] = ['ann', 'bob', 'cem'].map((name) => attach(world, name, { tokenId: 'one' }));
    const others = ['x', 'y'].map((name) => attach(world, name, { tokenId: 'other' }));
    if (!ann || !bob || !cem) throw new Error('nobody');
    for (const client of [ann, ...others, bob]) expect(await say(world, client)).toMatchObject({ ok: true });
    const refused = await say(world, cem);
    expect(refused).toMatchObject({ ok: false, error: { code: 'rate-limited', retryAfterMs: 10_000 } });
    expect(await connectedIn(world)).toEqual(['ann', 'bob', 'x', 'y']);
    expect(await say(world, ann), 'said again').toMatchObject({ ok: true });
    await forget(world.ports, ann.caller);
    expect(await say(world, cem)).toMatchObject({ ok: true });
  });

  test('of many at once as many get in as may', async () => {
    const world = makeWorld();
    const clients = Array.from({ length: 8 }, (_, i) => attach(world, `i${i}`, { tokenId: 'one' }));
    const answers = await Promise.all(clients.map((client) => say(world, client)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(LIMIT);
    expect(await connectedIn(world)).toEqual(['i0', 'i1']);
  });
});
