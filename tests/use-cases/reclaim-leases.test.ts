import { reclaimLeases, verify } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { truth } from './held-state.ts';
import { stopBefore } from './stopped-ports.ts';
import { AT, acksTo, attach, batchOf, join, makeWorld, put, type World } from './world.ts';

const WAITED_MS = 3_000;

/** A batch of `writer` waits in the inbox, and the holder of the lease has died. */
async function strand(world: World, writer = attach(world, 'writer'), at = AT) {
  await world.ports.log.open(at.space, 'epoch');
  await world.ports.inbox.acquireLease(at, 'the dead', 2_000);
  const batch = batchOf(put(world, 'key', 'left behind'));
  await world.ports.inbox.put(at, { batch, caller: writer.caller, requestId: 'request' });
}

test('what a dead holder left behind is committed, published and acked, though nobody writes', async () => {
  const world = makeWorld();
  const [writer, reader] = [await join(world, 'writer'), await join(world, 'reader')];
  await strand(world, writer);
  world.pass(WAITED_MS);
  expect(await reclaimLeases(world.ports)).toBe(1);
  expect(await truth(world)).toEqual({ key: 'left behind' });
  expect(acksTo(writer)).toMatchObject([{ outcomes: [{ status: 'applied' }] }]);
  expect(reader.frames).toMatchObject([{ type: 'changes' }]);
  expect(await world.ports.log.load({ ...AT, keys: [], mutations: [] })).toMatchObject({ leased: false });
  expect(await reclaimLeases(world.ports)).toBe(0);
});

test('what waits for a holder that is alive is left to it', async () => {
  const world = makeWorld();
  await strand(world);
  world.pass(WAITED_MS - 1);
  expect(await reclaimLeases(world.ports), 'not for long enough').toBe(0);
  await world.ports.inbox.acquireLease(AT, 'the living', 2_000);
  world.pass(1);
  expect(await reclaimLeases(world.ports)).toBe(0);
  expect(await world.ports.inbox.list(AT, 10)).toHaveLength(1);
});

test('twice at once, each batch is committed once', async () => {
  const world = makeWorld();
  await strand(world);
  world.pass(WAITED_MS);
  const slow = stopBefore(world.ports, 'log', 'append');
  const first = reclaimLeases(slow.ports);
  await slow.reached;
  world.pass(2_000); // its lease is over, too
  expect(await reclaimLeases(world.ports)).toBe(1);
  slow.release();
  await first;
  expect(await world.ports.log.head(AT.space)).toMatchObject({ seq: [1] });
  expect((await verify(world.ports, AT)).intact).toBe(true);
});

test('a partition that fails keeps nothing from the others; the failure is told in the end', async () => {
  const world = makeWorld();
  const others = ['a', 'b', 'c'].map((name) => ({ space: `other-${name}` as SpaceId, partition: 0 }));
  for (const at of others) await strand(world, attach(world, 'writer', { space: at.space }), at);
  world.pass(WAITED_MS);
  const append: typeof world.ports.log.append = async (plan) => {
    if (plan.space === 'other-b') throw new Error('no');
    return world.ports.log.append(plan);
  };
  const ports = { ...world.ports, log: { ...world.ports.log, append } };
  await expect(reclaimLeases(ports)).rejects.toThrow('no');
  for (const { space } of others) {
    const seq = space === 'other-b' ? 0 : 1;
    expect(await world.ports.log.head(space)).toMatchObject({ seq: [seq] });
  }
});
