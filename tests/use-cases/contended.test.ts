import { type Ports, writeAndWait } from '@mnemon/core';
import { expect, test } from 'vitest';
import { stopBefore } from './stopped-ports.ts';
import { AT, acksTo, attach, batchOf, makeWorld, put, send, type World } from './world.ts';

/** The world's ports, and how often a batch was loaded for. */
function countLoads({ ports }: World) {
  const counted = { loads: 0 };
  const load: Ports['log']['load'] = (query) => {
    counted.loads += 1;
    return ports.log.load(query);
  };
  return { counted, ports: { ...ports, log: { ...ports.log, load } } };
}

/** Somebody holds the lease, and a writer has just met it. */
async function contendedWorld() {
  const world = makeWorld();
  const { counted, ports } = countLoads(world);
  const ann = attach(world, 'ann');
  await world.ports.log.open(AT.space, 'epoch');
  await world.ports.inbox.acquireLease(AT, 'somebody', 10_000);
  await send(world, ann, batchOf(put(world, 'a', 1)), ports);
  expect(counted.loads).toBe(1);
  return { world, ann, counted, ports };
}

test('who met the holder of the lease a moment ago puts the next batch into the inbox at once', async () => {
  const { world, ann, counted, ports } = await contendedWorld();
  await send(world, ann, batchOf(put(world, 'b', 2)), ports);
  expect(counted.loads).toBe(1);
  expect(await world.ports.inbox.list(AT, 10)).toHaveLength(2);
});

test('once the lease is free, that batch is committed with the others, and the next one by itself again', async () => {
  const { world, ann, counted, ports } = await contendedWorld();
  await world.ports.inbox.releaseLease(AT, 'somebody');
  await send(world, ann, batchOf(put(world, 'b', 2)), ports);
  expect(acksTo(ann)).toMatchObject([{ commit: { seq: 1 } }, { commit: { seq: 2 }, shared: 2 }]);
  expect(counted.loads).toBe(2); // the round's
  const alone = stopBefore(ports, 'inbox', 'put'); // would stand there for ever
  await send(world, ann, batchOf(put(world, 'c', 3)), alone.ports);
  expect(acksTo(ann)).toHaveLength(3);
});

test('a moment later nothing of it is remembered', async () => {
  const { world, ann, counted, ports } = await contendedWorld();
  world.pass(1_000);
  await send(world, ann, batchOf(put(world, 'b', 2)), ports);
  expect(counted.loads).toBe(2);
});

test('a writer without a connection, whom the log would not tell of it, is refused at once', async () => {
  const { world, ports } = await contendedWorld();
  const { connectionId: _, ...eve } = attach(world, 'eve', { grants: [] }).caller;
  const pause = () => Promise.reject(new Error('waited'));
  const answer = await writeAndWait(ports, pause, eve, batchOf(put(world, 'b', 2)));
  expect(answer).toMatchObject({ ok: true, value: { outcomes: [{ code: 'forbidden' }] } });
});
