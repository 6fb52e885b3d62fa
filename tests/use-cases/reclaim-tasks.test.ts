import { claimTask, enqueueTask, reclaimTasks } from '@mnemon/core';
import { expect, test } from 'vitest';
import { type Client, join, makeWorld, SPACE, type World } from './world.ts';

const enqueue = (world: World, { caller }: Client, id: string, maxAttempts: number) =>
  enqueueTask(world.ports, caller, { id, value: id, priority: 0, delayMs: 0, maxAttempts });
const claim = (world: World, { caller }: Client, waitMs = 0) =>
  claimTask(world.ports, caller, { attempt: `of-${caller.instanceId}`, leaseMs: 60_000, waitMs });

test('a lapsed claim is ended: its task goes to who waits, or is given up; nobody has to ask', async () => {
  const world = makeWorld();
  const [dead, also, waiting] = [
    await join(world, 'dead'),
    await join(world, 'also'),
    await join(world, 'w'),
  ];
  await enqueue(world, dead, 'again', 2);
  await enqueue(world, dead, 'last', 1);
  await claim(world, dead);
  await claim(world, also);
  await claim(world, waiting, 600_000);
  world.pass(59_999);
  expect(await reclaimTasks(world.ports)).toBe(0);
  world.pass(1);
  const counts = await Promise.all([reclaimTasks(world.ports), reclaimTasks(world.ports)]);
  expect(counts[0] + counts[1]).toBe(2);
  expect(waiting.frames).toMatchObject([{ type: 'task', payload: { is: 'available', attempt: 'of-w' } }]);
  expect(await world.ports.tasks.count(SPACE)).toEqual({ pending: 1, claimed: 0, done: 0, dead: 1 });
  expect(await world.ports.tasks.get({ space: SPACE, id: 'last' })).toMatchObject({ state: 'dead' });
  expect(await reclaimTasks(world.ports)).toBe(0);
});

test('many of them are ended in bounded pages', async () => {
  const world = makeWorld();
  const dead = await join(world, 'dead');
  for (let i = 0; i < 250; i++) {
    await enqueue(world, dead, `task-${i}`, 2);
    await world.ports.tasks.claim(SPACE, { ...dead.caller, attempt: `${i}` }, { leaseMs: 1_000 });
  }
  world.pass(1_000);
  expect(await reclaimTasks(world.ports)).toBe(250);
});
