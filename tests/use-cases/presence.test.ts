import { dismiss, heartbeat, subscribe, unsubscribe } from '@mnemon/core';
import { describe, expect, test } from 'vitest';
import { stopBefore } from './stopped-ports.ts';
import {
  attach,
  batchOf,
  connectedIn,
  deliveriesTo,
  join,
  makeWorld,
  put,
  SPACE,
  send,
  writeAlone,
} from './world.ts';

describe('a heartbeat', () => {
  test('is answered with the head, so that a lost frame is noticed', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'a', 2));
    const answered = await heartbeat(world.ports, ann.caller, {});
    expect(answered).toEqual({ ok: true, value: { head: { epoch: 'random-1', seq: [2] }, degraded: [] } });
  });

  test('of a selective connection is answered with the newest commit of its topics, too', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'b', 2), put(world, 'b', 3));
    const at = (seq: number) => ({ epoch: 'random-1', seq: [seq] });
    const answered = await heartbeat(world.ports, ann.caller, { cursor: at(0) });
    expect(answered).toMatchObject({ value: { head: at(3), newest: at(1) } });
    const level = await heartbeat(world.ports, ann.caller, { cursor: at(3) });
    expect(level, 'who is at the head is asked about nothing').toEqual({
      ok: true,
      value: { head: at(3), degraded: [] },
    });
    const none = await join(world, 'none', { subscriptions: ['a'], grants: [] });
    expect(await heartbeat(world.ports, none.caller, {})).toMatchObject({ value: { newest: at(0) } });
  });

  test('moves nobody past a commit of a topic that is being subscribed meanwhile', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    const { ports, reached, release } = stopBefore(world.ports, 'connections', 'touch');
    const beating = heartbeat(ports, ann.caller, {});
    await reached;
    await writeAlone(world, 'bob', put(world, 'b', 1));
    release();
    expect(await beating).toMatchObject({ value: { head: { seq: [0] } } });
  });

  test('keeps the connection from becoming stale', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    for (let beat = 0; beat < 4; beat++) {
      world.pass(60_000);
      await heartbeat(world.ports, ann.caller, {});
    }
    await writeAlone(world, 'bob', put(world, 'a', 1));
    expect(deliveriesTo(ann)).toHaveLength(1);
  });

  test('of a connection that said no connect, or was replaced, is refused', async () => {
    const world = makeWorld();
    const former = await join(world, 'ann');
    await join(world, 'ann');
    for (const { caller } of [former, attach(world, 'bob')]) {
      const answered = await heartbeat(world.ports, caller, {});
      expect(answered).toMatchObject({ ok: false, error: { code: 'not-connected', retryable: true } });
    }
  });

  test('shows that the bus is down', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const ports = { ...world.ports, bus: { ...world.ports.bus, isDown: async () => true } };
    expect(await heartbeat(ports, ann.caller, {})).toMatchObject({ value: { degraded: ['bus'] } });
  });

  test('is noted as presence, but not every time', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const seenAt = async () => (await world.ports.nodes.list(SPACE))[0]?.lastSeenAtMs;
    const joinedAt = world.now();
    world.pass(1000);
    await heartbeat(world.ports, ann.caller, {});
    expect(await seenAt()).toBe(joinedAt);
    world.pass(30_000);
    await heartbeat(world.ports, ann.caller, {});
    expect(await seenAt()).toBe(world.now());
  });
});

describe('a checkpoint', () => {
  test('is how far an instance said that it is, written with its presence', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const progress = (seq: number) => ({
      cursor: { epoch: 'random-1', seq: [seq] },
      events: seq * 2,
      clock: { wallMs: world.now(), counter: 1 },
    });
    const seen = async () => (await world.ports.checkpoints.list(SPACE)).map(({ cursor }) => cursor.seq);
    await heartbeat(world.ports, ann.caller, progress(1));
    expect(await seen()).toEqual([]); // `connect` has just been heard
    world.pass(30_000);
    await heartbeat(world.ports, ann.caller, progress(2));
    const { instanceId } = ann.caller;
    expect(await world.ports.checkpoints.list(SPACE)).toEqual([
      { space: SPACE, instanceId, ...progress(2), atMs: world.now() },
    ]);
    world.pass(29_000);
    await heartbeat(world.ports, ann.caller, progress(3));
    expect(await seen()).toEqual([[2]]);
    world.pass(1_000);
    await heartbeat(world.ports, ann.caller, {});
    expect(await seen()).toEqual([[2]]); // it did not say where it is
    world.pass(30_000);
    await heartbeat(world.ports, ann.caller, progress(5));
    expect(await seen()).toEqual([[5]]);
  });
});

describe('subscribing', () => {
  const cursor = { epoch: 'random-1', seq: [1] };

  test('gives the state of what is new, the log of the rest from the cursor on, and the commits that follow', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    const keys = ['a/1', 'b/1', 'a/2', 'c/1', 'b/1'];
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key)));
    ann.frames.length = 0;
    const answered = await subscribe(world.ports, ann.caller, { patterns: ['b/*'], cursor });
    expect(answered).toMatchObject({
      ok: true,
      value: {
        recovered: false,
        reason: 'subscribed',
        cursor: { seq: [5] },
        entries: [{ key: 'b/1', seq: 5 }],
        commits: [{ seq: 3, prev: 1, events: [{ key: 'a/2' }] }],
      },
    });
    await writeAlone(world, 'bob', put(world, 'c/1', 3), put(world, 'b/2', 3));
    expect(deliveriesTo(ann)).toMatchObject([{ seq: 7, prev: 5 }]);
  });

  test('a commit made meanwhile is in the answer or posted, of old topics and of new ones', async () => {
    for (const [port, method] of [
      ['connections', 'changeSubscriptions'],
      ['log', 'head'],
      ['log', 'entries'],
      ['log', 'commits'],
    ] as const) {
      const world = makeWorld();
      const ann = await join(world, 'ann', { subscriptions: ['a'] });
      await writeAlone(world, 'bob', put(world, 'x', 1), put(world, 'a/1', 1), put(world, 'b/1', 1));
      ann.frames.length = 0; // what was posted got lost
      const { ports, reached, release } = stopBefore(world.ports, port, method);
      const answering = subscribe(ports, ann.caller, { patterns: ['b'], cursor });
      await reached;
      await writeAlone(world, 'bob', put(world, 'a/2', 2), put(world, 'b/2', 2));
      release();
      const answered = await answering;
      if (!answered.ok || answered.value.recovered) throw new Error('no state');
      const { entries, commits = [] } = answered.value;
      const caught = [...commits, ...deliveriesTo(ann)].flatMap(({ events }) => events.map(({ key }) => key));
      expect(new Set([...entries.map(({ key }) => key), ...caught]), method).toEqual(
        new Set(['a/1', 'a/2', 'b/1', 'b/2']),
      );
    }
  });

  test('leaves the log out where a frame does not hold it all', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    const keys = ['x', 'a/1', 'a/2', 'a/3'];
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key.repeat(20_000))));
    const answered = await subscribe(world.ports, ann.caller, { patterns: ['b'], cursor });
    expect(answered).toMatchObject({ value: { reason: 'subscribed', cursor: { seq: [4] } } });
    expect(answered.ok && answered.value).not.toHaveProperty('commits');
  });

  test('that comes after a later change of the subscriptions is refused', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    await subscribe(world.ports, ann.caller, { patterns: ['b'], cursor, change: 2 });
    const late = await unsubscribe(world.ports, ann.caller, { patterns: ['a', 'b'], change: 1 });
    expect(late).toMatchObject({ ok: false, error: { code: 'bad-request' } });
    await writeAlone(world, 'bob', put(world, 'b', 1));
    expect(deliveriesTo(ann)).toHaveLength(1);
  });

  test('without a cursor gives the state', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: [] });
    await writeAlone(world, 'bob', put(world, 'a', 1));
    const answered = await subscribe(world.ports, ann.caller, { patterns: ['a'] });
    expect(answered).toMatchObject({
      value: { recovered: false, reason: 'no-cursor', entries: [{ key: 'a' }] },
    });
  });

  test('to more than 100 patterns is refused, and the connection keeps those it had', async () => {
    const world = makeWorld();
    const many = Array.from({ length: 60 }, (_, i) => `old/${i}`);
    const ann = await join(world, 'ann', { subscriptions: many });
    const more = ['old/0', 'old/1', ...Array.from({ length: 58 }, (_, i) => `new/${i}`)];
    const answered = await subscribe(world.ports, ann.caller, { patterns: more });
    expect(answered).toMatchObject({ ok: false, error: { code: 'bad-request' } });
    const left = await unsubscribe(world.ports, ann.caller, { patterns: [] });
    expect(left.ok && left.value.patterns.toSorted()).toEqual(many.toSorted());
  });

  test('again to what is subscribed counts once', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    for (let i = 0; i < 3; i++) await subscribe(world.ports, ann.caller, { patterns: ['a', 'b'] });
    const left = await unsubscribe(world.ports, ann.caller, { patterns: ['b'] });
    expect(left).toEqual({ ok: true, value: { patterns: ['a'] } });
  });

  test('needs a connection that said connect', async () => {
    const world = makeWorld();
    const { caller } = attach(world, 'ann');
    const notConnected = { ok: false, error: { code: 'not-connected' } };
    expect(await subscribe(world.ports, caller, { patterns: ['**'] })).toMatchObject(notConnected);
    expect(await unsubscribe(world.ports, caller, { patterns: ['**'] })).toMatchObject(notConnected);
  });
});

test('who has unsubscribed from everything gets no more commits', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann', { subscriptions: ['a', 'b'] });
  await unsubscribe(world.ports, ann.caller, { patterns: ['a'] });
  await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'b', 1));
  expect(deliveriesTo(ann)).toHaveLength(1);
  await unsubscribe(world.ports, ann.caller, { patterns: ['b'] });
  await writeAlone(world, 'bob', put(world, 'a', 2), put(world, 'b', 2));
  expect(deliveriesTo(ann)).toHaveLength(1);
});

test('a connection that is dismissed is told why, is closed, and leaves no row', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann');
  await dismiss(world.ports, ann.caller, 'token-expired', 'the token has expired');
  expect(ann.frames).toEqual([
    {
      type: 'disconnect',
      id: '',
      timestamp: world.now(),
      payload: { code: 'token-expired', message: 'the token has expired' },
    },
  ]);
  expect(ann.isClosed).toBe(true);
  expect(await connectedIn(world)).toEqual([]);
  await send(world, attach(world, 'bob'), batchOf(put(world, 'a', 1)));
  expect(ann.frames).toHaveLength(1);
});
