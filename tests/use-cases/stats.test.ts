import { type Identity, stats } from '@mnemon/core';
import type { Grant, InstanceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import { AT, attach, del, join, makeWorld, put, SPACE, type World, writeAlone } from './world.ts';

const admin = (world: World, grants: Grant[] = [{ pattern: '**', access: 'admin' }]): Identity =>
  attach(world, 'admin', { grants }).caller;

async function statsOf(world: World) {
  return answerOf(await stats(world.ports, admin(world)));
}

test('tell how much a space holds', async () => {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'a', 1), put(world, 'b', 1), put(world, 'c', 1));
  await writeAlone(world, 'ann', del(world, 'a', { expectedVersion: 1 }));
  const head = await world.ports.log.head(SPACE);
  expect(await statsOf(world)).toMatchObject({ head, commits: 4, entries: 2, tombstones: 1, nodes: [] });
});

test('count the commits that compaction left', async () => {
  const world = await worldWithCommits(20);
  await world.ports.log.raiseFloor({ ...AT, seq: 15 });
  await world.ports.log.dropCommits({ ...AT, limit: 100 });
  expect(await statsOf(world)).toMatchObject({ head: { seq: [20] }, commits: 5, entries: 20 });
});

test('tell how far behind each instance was when it last said so', async () => {
  const world = await worldWithCommits(20);
  await join(world, 'ann');
  await join(world, 'bob');
  await join(world, 'cem');
  const { epoch } = await statsOf(world).then(({ head }) => head);
  const checkpoint = (instanceId: string, cursor: { epoch: string; seq: number[] }) =>
    world.ports.checkpoints.put({
      space: SPACE,
      instanceId: instanceId as InstanceId,
      cursor,
      events: 0,
      clock: { wallMs: 0, counter: 0 },
      atMs: world.now(),
    });
  await checkpoint('ann', { epoch, seq: [20] });
  await checkpoint('bob', { epoch, seq: [13] });
  await checkpoint('cem', { epoch: 'of long ago', seq: [3] });
  const { nodes } = await statsOf(world);
  const lags = nodes.map(({ instanceId, status, lag }) => [instanceId, status, lag]);
  expect(lags.sort()).toEqual([
    ['ann', 'online', 0],
    ['bob', 'online', 7],
    ['cem', 'online', undefined],
  ]);
});

test('are refused to whoever does not administer the space (I8)', async () => {
  const world = await worldWithCommits(1);
  const answered = await stats(world.ports, admin(world, [{ pattern: '**', access: 'write' }]));
  expect(answered.ok || answered.error.code).toBe('forbidden');
});
