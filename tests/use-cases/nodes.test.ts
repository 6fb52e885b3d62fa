import { expireEntries, forget, heartbeat, listNodes } from '@mnemon/core';
import type { Presence } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { truth } from './held-state.ts';
import { stopBefore } from './stopped-ports.ts';
import {
  batchOf,
  type Client,
  deliveriesTo,
  join,
  makeWorld,
  put,
  SPACE,
  send,
  type World,
} from './world.ts';

const WILL: Presence = { will: { key: 'workers/ann/status', value: { state: 'offline' } } };

async function nodesAsSeenBy(world: World, { caller }: Client) {
  return answerOf(await listNodes(world.ports, caller, {}));
}

describe('the instances of a space', () => {
  test('are online while they beat, by the clock of the server; their rows are written far less often', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { presence: { announced: { state: 'idle' } } });
    const bob = await join(world, 'bob');
    let writes = 0;
    const nodes = {
      ...world.ports.nodes,
      put: async (...args: Parameters<typeof world.ports.nodes.put>) => {
        writes++;
        return world.ports.nodes.put(...args);
      },
    };
    for (let beat = 0; beat < 24; beat++) {
      world.pass(5_000);
      await heartbeat({ ...world.ports, nodes }, ann.caller, { presence: { announced: { state: 'busy' } } });
    }
    expect(writes, 'in 120 s').toBe(4);
    const { nodes: seen, nowMs } = await nodesAsSeenBy(world, ann);
    expect(nowMs).toBe(world.now());
    expect(seen).toEqual([
      {
        instanceId: 'ann',
        userId: 'user of ann',
        status: 'online',
        lastSeenAtMs: world.now(),
        announced: { state: 'busy' },
      },
      { instanceId: 'bob', userId: 'user of bob', status: 'offline', lastSeenAtMs: world.now() - 120_000 },
    ]);
    await forget(world.ports, bob.caller);
  });

  test('what they announce is shown to who may read it (I8)', async () => {
    const world = makeWorld();
    await join(world, 'ann', { presence: { announced: 'secret' } });
    const announced = async (pattern: string) => {
      const reader = await join(world, 'reader', { grants: [{ pattern, access: 'read' }] });
      return (await nodesAsSeenBy(world, reader)).nodes[0];
    };
    expect(await announced('nodes/*')).toMatchObject({ announced: 'secret' });
    expect(await announced('tasks/**')).toEqual({
      instanceId: 'ann',
      userId: 'user of ann',
      status: 'online',
      lastSeenAtMs: world.now(),
    });
  });

  test('come in pages', async () => {
    const world = makeWorld();
    const names = Array.from({ length: 95 }, (_, i) => `worker-${String(i).padStart(2, '0')}`);
    const all = await Promise.all(names.map((name) => join(world, name, { subscriptions: [] })));
    const found: string[] = [];
    for (let page: string | undefined; ; ) {
      const answered = answerOf(
        await listNodes(world.ports, (all[0] as Client).caller, { ...(page && { page }) }),
      );
      found.push(...answered.nodes.map(({ instanceId }) => instanceId));
      page = answered.page;
      if (page === undefined) break;
    }
    expect(found).toEqual(names);
  });
});

describe('a will', () => {
  test('is written when its connection is over, as a change that others hear of', async () => {
    const world = makeWorld();
    const reader = await join(world, 'reader');
    const ann = await join(world, 'ann', { presence: WILL });
    await send(world, ann, batchOf(put(world, 'workers/ann/status', { state: 'busy' })));
    expect(deliveriesTo(reader)).toHaveLength(1);
    await forget(world.ports, ann.caller);
    expect(deliveriesTo(reader)).toMatchObject([
      {},
      {
        events: [{ type: 'updated', key: 'workers/ann/status', value: { state: 'offline' }, author: 'ann' }],
      },
    ]);
    await forget(world.ports, ann.caller);
    expect(deliveriesTo(reader)).toHaveLength(2);
  });

  test('is that of the newest beat that was kept', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { presence: WILL });
    world.pass(30_000);
    await heartbeat(world.ports, ann.caller, { presence: { will: { key: 'a', value: 1 } } });
    await forget(world.ports, ann.caller);
    expect(await truth(world)).toEqual({ a: 1 });
  });

  test('lives as long as it says, from then on', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { presence: { will: { key: 'a', value: 1, ttlMs: 1_000 } } });
    world.pass(5_000);
    await forget(world.ports, ann.caller);
    expect(await expireEntries(world.ports)).toBe(0);
    world.pass(1_000);
    expect(await expireEntries(world.ports)).toBe(1);
  });

  test('may be left for what is there, and only that', async () => {
    const world = makeWorld();
    const presence = { will: { key: 'status', value: 'gone', ifExists: true } };
    const ann = await join(world, 'ann', { presence });
    await forget(world.ports, ann.caller);
    expect(await truth(world)).toEqual({});
    const again = await join(world, 'ann', { presence });
    await send(world, again, batchOf(put(world, 'status', 'here')));
    await forget(world.ports, again.caller);
    expect(await truth(world)).toEqual({ status: 'gone' });
  });

  test('beyond the grants of its instance changes nothing (I8)', async () => {
    const world = makeWorld();
    const grants = [{ pattern: 'elsewhere/**', access: 'write' as const }];
    const ann = await join(world, 'ann', { presence: WILL, grants });
    await forget(world.ports, ann.caller);
    expect(await truth(world)).toEqual({});
  });

  test.each(['get', 'load'] as const)(
    'is not written over what its instance says when it is back, before %s',
    async (method) => {
      const world = makeWorld();
      const ann = await join(world, 'ann', { presence: WILL });
      const { ports, reached, release } = stopBefore(world.ports, method === 'get' ? 'nodes' : 'log', method);
      const ending = forget(ports, ann.caller);
      await reached;
      const again = await join(world, 'ann', { presence: WILL });
      await send(world, again, batchOf(put(world, 'workers/ann/status', { state: 'idle' })));
      release();
      await ending;
      expect(await truth(world)).toEqual({ 'workers/ann/status': { state: 'idle' } });
    },
  );

  test('replaces what its instance had still on its way', async () => {
    const world = makeWorld();
    const ann = await join(world, 'ann', { presence: WILL });
    const { ports, reached, release } = stopBefore(world.ports, 'log', 'append');
    const ending = forget(ports, ann.caller);
    await reached;
    await send(world, ann, batchOf(put(world, 'workers/ann/status', { state: 'busy' })));
    release();
    await ending;
    expect(await truth(world)).toEqual({ 'workers/ann/status': { state: 'offline' } });
    expect((await world.ports.nodes.list(SPACE))[0]?.status).toBe('offline');
  });
});
