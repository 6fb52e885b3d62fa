import { setImmediate } from 'node:timers/promises';
import type { EventLog, Ports, PostResult } from '@mnemon/core';
import { describe, expect, test } from 'vitest';
import { alwaysLeased } from './stopped-ports.ts';
import {
  AT,
  acksTo,
  attach,
  batchOf,
  type Client,
  connectedIn,
  deliveriesTo,
  join,
  makeWorld,
  put,
  SPACE,
  send,
  writeAlone,
} from './world.ts';

describe('subscribers', () => {
  test('get each commit once, with what it follows', async () => {
    const world = makeWorld();
    const bob = await join(world, 'bob');
    await writeAlone(world, 'ann', put(world, 'a', 1), put(world, 'b', 2));
    expect(deliveriesTo(bob).map(({ seq, prev, events }) => [seq, prev, events[0]?.key])).toEqual([
      [1, 0, 'a'],
      [2, 1, 'b'],
    ]);
  });

  test('get no events outside their grants, only that there was a commit', async () => {
    const world = makeWorld();
    const reader = await join(world, 'reader', { grants: [{ pattern: 'open/*', access: 'read' }] });
    const twin = await join(world, 'twin', { grants: [{ pattern: 'open/*', access: 'read' }] });
    const blind = await join(world, 'blind', { grants: [{ pattern: '*/nothing', access: 'read' }] });
    const outsider = await join(world, 'outsider', { grants: [{ pattern: 'other/**', access: 'read' }] });
    await send(world, attach(world, 'ann'), batchOf(put(world, 'open/a', 1), put(world, 'secret/b', 2)));
    expect(deliveriesTo(reader)).toMatchObject([{ seq: 1, events: [{ key: 'open/a', value: 1 }] }]);
    expect(deliveriesTo(twin)).toEqual(deliveriesTo(reader));
    expect(deliveriesTo(blind)).toMatchObject([{ seq: 1, prev: 0, events: [] }]);
    expect(JSON.stringify([reader.frames, blind.frames])).not.toContain('secret');
    expect(outsider.frames, 'subscriptions are narrowed to the topics of the grants').toEqual([]);
  });

  test('of another space hear nothing', async () => {
    const world = makeWorld();
    const stranger = await join(world, 'bob', { space: 'other' as never });
    await writeAlone(world, 'ann', put(world, 'a', 1));
    expect(stranger.frames).toEqual([]);
  });

  test('that have not been heard of for long are left out', async () => {
    const world = makeWorld();
    const silent = await join(world, 'silent');
    world.pass(80_001);
    await writeAlone(world, 'ann', put(world, 'a', 1));
    expect(silent.frames).toEqual([]);
  });
});

describe('selective subscribers', () => {
  const chainTo = (client: Client) =>
    deliveriesTo(client).map(({ seq, prev, events }) => [seq, prev, ...events.map(({ key }) => key)]);

  test('get the commits of their topics, whole, each with the one before it', async () => {
    const world = makeWorld();
    const tasks = await join(world, 'tasks', { subscriptions: ['tasks/*/state'] });
    const both = await join(world, 'both', { subscriptions: ['tasks/**', 'notes/1'] });
    const all = await join(world, 'all');
    await writeAlone(world, 'ann', put(world, 'tasks/1/state', 1), put(world, 'notes/1', 1));
    await writeAlone(world, 'ann', put(world, 'notes/2', 2), put(world, 'other', 2));
    const mixed = batchOf(put(world, 'other', 3), put(world, 'tasks/2', 3));
    await send(world, attach(world, 'ann'), mixed);
    expect(chainTo(tasks)).toEqual([
      [1, 0, 'tasks/1/state'],
      [5, 1, 'other', 'tasks/2'],
    ]);
    expect(chainTo(both)).toEqual([
      [1, 0, 'tasks/1/state'],
      [2, 1, 'notes/1'],
      [5, 2, 'other', 'tasks/2'],
    ]);
    expect(chainTo(all).map(([seq, prev]) => [seq, prev])).toEqual(
      [1, 2, 3, 4, 5].map((seq) => [seq, seq - 1]),
    );
  });

  test('of a group commit get each with the one before it, in the log or in the group', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    await writeAlone(world, 'bob', put(world, 'a/0', 0), put(world, 'b', 0));
    await world.ports.inbox.acquireLease(AT, 'the dead', 1);
    for (const key of ['b', 'a/1', 'b', 'a/2']) {
      await world.ports.inbox.put(AT, {
        batch: batchOf(put(world, key, 1)),
        caller: attach(world, 'cleo').caller,
        requestId: key,
      });
    }
    world.pass(2);
    await send(world, attach(world, 'bob'), batchOf(put(world, 'b', 1)), alwaysLeased(world.ports));
    expect(chainTo(ann)).toEqual([
      [1, 0, 'a/0'],
      [4, 1, 'a/1'],
      [6, 4, 'a/2'],
    ]);
  });

  test('get their own commits of other topics too, with the ack and what they should have had before', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    await writeAlone(world, 'bob', put(world, 'a', 1), put(world, 'b', 2));
    await send(world, ann, batchOf(put(world, 'c', 3)));
    await writeAlone(world, 'bob', put(world, 'a', 4));
    expect(chainTo(ann)).toEqual([
      [1, 0, 'a'],
      [3, 1, 'c'],
      [4, 1, 'a'],
    ]);
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 3 } }]);
  });

  test('cost one read of the log per distinct set of topics, and those of everything none', async () => {
    const world = makeWorld();
    for (const [index, subscriptions] of [['a'], ['a/*'], ['a', 'b'], ['c'], ['**'], ['**']].entries())
      await join(world, `reader-${index}`, { subscriptions });
    const asked: string[] = [];
    const newestOf: EventLog['newestOf'] = (at) => {
      asked.push(at.topics.join());
      return world.ports.log.newestOf(at);
    };
    const ports = { ...world.ports, log: { ...world.ports.log, newestOf } };
    await send(world, attach(world, 'bob'), batchOf(put(world, 'a/1', 1)), ports);
    expect(asked.sort()).toEqual(['a', 'a,b']);
    asked.length = 0;
    await send(world, attach(world, 'bob'), batchOf(put(world, 'd', 1)), ports);
    expect(asked).toEqual([]);
  });

  test('have a commit before which the log was compacted follow the floor, not nothing', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: ['a'] });
    await writeAlone(world, 'bob', put(world, 'b', 1), put(world, 'b', 2));
    const ports = { ...world.ports, log: { ...world.ports.log, floor: async () => 1 } };
    await send(world, attach(world, 'bob'), batchOf(put(world, 'a', 3)), ports);
    expect(chainTo(ann)).toEqual([[3, 1, 'a']]);
  });
});

test('an ack shows no entry outside the grants of the connection that it goes to (I8)', async () => {
  const world = makeWorld();
  const narrow = await join(world, 'ann', { grants: [{ pattern: 'open/**', access: 'write' }] });
  await writeAlone(world, 'bob', put(world, 'secret', 'hidden'), put(world, 'open/a', 'shown'));
  // Another token of the same instance's name may read more; its acks go to the connection that is live.
  const ops = ['secret', 'open/a'].map((key) => put(world, key, 1, { expectedVersion: 0 }));
  await send(world, attach(world, 'ann'), batchOf(...ops));
  const outcomes = acksTo(narrow).flatMap((ack) => ack.outcomes);
  expect(outcomes).toMatchObject([{ code: 'conflict' }, { code: 'conflict', current: { value: 'shown' } }]);
  expect(JSON.stringify(narrow.frames)).not.toContain('hidden');
});

describe('a token that has expired', () => {
  test('ends the connection, which is told so and does not get the commit', async () => {
    const world = makeWorld();
    const brief = await join(world, 'brief', { tokenExpiresAtMs: world.now() + 1000 });
    const bob = await join(world, 'bob');
    await writeAlone(world, 'ann', put(world, 'a', 1));
    world.pass(1000);
    await writeAlone(world, 'ann', put(world, 'b', 'after expiry'));
    expect(deliveriesTo(brief)).toHaveLength(1);
    expect(brief.frames.at(-1)).toMatchObject({ type: 'disconnect', payload: { code: 'token-expired' } });
    expect(brief.isClosed).toBe(true);
    expect(await connectedIn(world)).toEqual(['bob']);
    expect(deliveriesTo(bob)).toHaveLength(2);
  });

  test('keeps even the ack from a writer whose batch waited too long', async () => {
    const world = makeWorld();
    const brief = await join(world, 'brief', { tokenExpiresAtMs: world.now() + 1000 });
    await world.ports.inbox.acquireLease({ space: SPACE, partition: 0 }, 'the dead', 2000);
    await send(world, brief, batchOf(put(world, 'a', 'written in time')));
    world.pass(2001);
    const ann = await join(world, 'ann');
    await send(world, ann, batchOf(put(world, 'b', 1)), alwaysLeased(world.ports));
    expect(deliveriesTo(ann).map(({ events }) => events[0]?.key)).toEqual(['a', 'b']);
    expect(brief.frames.map(({ type }) => type)).toEqual(['disconnect']);
    expect(brief.isClosed).toBe(true);
  });
});

describe('a connection that is gone', () => {
  test('loses its row, and its instance is noted as offline', async () => {
    const world = makeWorld();
    const [lost, bob] = [await join(world, 'lost'), await join(world, 'bob')];
    await world.ports.fanout.close(lost.caller.connectionId);
    await writeAlone(world, 'ann', put(world, 'a', 1));
    expect(await connectedIn(world)).toEqual(['bob']);
    expect(await world.ports.nodes.list(SPACE)).toContainEqual(
      expect.objectContaining({ instanceId: 'lost', status: 'offline' }),
    );
    expect(deliveriesTo(bob)).toHaveLength(1);
  });

  test('that only fails for now keeps its row', async () => {
    const world = makeWorld();
    await join(world, 'slow');
    const { fanout } = world.ports;
    const post: typeof fanout.post = async (posts) => posts.map((): PostResult => 'failed');
    const ports = { ...world.ports, fanout: { ...fanout, post } };
    await send(world, attach(world, 'ann'), batchOf(put(world, 'a', 1)), ports);
    expect(await connectedIn(world)).toEqual(['slow']);
  });
});

describe('a writer', () => {
  test('that subscribes to nothing gets its own commits and acks, and nothing else', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { subscriptions: [] });
    await writeAlone(world, 'bob', put(world, 'b', 1));
    expect(ann.frames).toEqual([]);
    await send(world, ann, batchOf(put(world, 'a', 2)));
    expect(deliveriesTo(ann)).toMatchObject([{ seq: 2, events: [{ key: 'a' }] }]);
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 2 } }]);
  });

  test('is acked on its newest connection, whichever it wrote on', async () => {
    const world = makeWorld();
    const former = attach(world, 'ann');
    const newest = await join(world, 'ann');
    await send(world, former, batchOf(put(world, 'a', 1)));
    expect(former.frames).toEqual([]);
    expect(acksTo(newest)).toHaveLength(1);
  });

  test('that never said connect is acked where it wrote', async () => {
    const world = makeWorld();
    const ann = attach(world, 'ann', { grants: [{ pattern: 'a', access: 'write' }] });
    await send(world, ann, batchOf(put(world, 'a', 1)));
    expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 }, outcomes: [{ status: 'applied' }] }]);
    expect(deliveriesTo(ann)).toMatchObject([{ seq: 1, events: [{ key: 'a' }] }]);
  });

  test('of a batch over a frame gets all of it in parts, then the ack', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann');
    const keys = ['a', 'b', 'c'];
    await writeAlone(world, 'bob', ...keys.map((key) => put(world, key, key.repeat(60_000))));
    const early = { hlc: { wallMs: world.now() - 1, counter: 0 } };
    const earlier = ann.frames.length;
    await send(world, ann, batchOf(...keys.map((key) => put(world, key, 'x', early))));
    const frames = ann.frames.slice(earlier);
    const parts = deliveriesTo({ ...ann, frames });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ part }) => part?.index)).toEqual(parts.map((_, index) => index));
    expect(parts.flatMap(({ events }) => events.map(({ key }) => key))).toEqual(keys);
    expect(acksTo({ ...ann, frames: frames.slice(-1) })).toHaveLength(1);
    expect(acksTo({ ...ann, frames })).toHaveLength(1);
  });
});

test('the bus is not told what a strategy remembers', async () => {
  const world = makeWorld();
  await writeAlone(world, 'ann', { ...put(world, 'k', ['x']), strategy: 'set' });
  await writeAlone(world, 'ben', { ...put(world, 'k', ['y']), strategy: 'set' });
  const kept = await world.ports.log.commits({ ...AT, afterSeq: 0, limit: 10 });
  expect(JSON.stringify(kept)).toContain('merging');
  expect(world.told.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(JSON.stringify(world.told)).not.toContain('merging');
});

test('the bus is told of every commit, with all its events, and of nothing else', async () => {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'a', 1), put(world, 'b', 2));
  await send(world, attach(world, 'eve', { grants: [] }), batchOf(put(world, 'c', 3)));
  expect(world.told.map(({ seq, events }) => [seq, events[0]?.key])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
});

test('posts leave before the bus is told', async () => {
  const world = makeWorld();
  const { fanout, bus } = world.ports;
  const order: string[] = [];
  const ports: Ports = {
    ...world.ports,
    fanout: {
      ...fanout,
      post: (posts) => {
        order.push('posts');
        return fanout.post(posts);
      },
    },
    bus: {
      ...bus,
      publish: (commits) => {
        order.push('bus');
        return bus.publish(commits);
      },
    },
  };
  await send(world, await join(world, 'ann'), batchOf(put(world, 'a', 1)), ports);
  expect(order).toEqual(['posts', 'bus']);
});

test('the bus is told of a commit also when what its posts follow cannot be read', async () => {
  const world = makeWorld();
  await join(world, 'reader', { subscriptions: ['a'] });
  const newestOf = () => Promise.reject(new Error('no'));
  const { log, bus } = world.ports;
  const ports: Ports = {
    ...world.ports,
    log: { ...log, newestOf },
    bus: {
      ...bus,
      publish: async (commits) => {
        await setImmediate(); // some way away
        return bus.publish(commits);
      },
    },
  };
  await expect(send(world, attach(world, 'ann'), batchOf(put(world, 'a', 1)), ports)).rejects.toThrow('no');
  expect(world.told.map(({ seq }) => seq)).toEqual([1]);
});
