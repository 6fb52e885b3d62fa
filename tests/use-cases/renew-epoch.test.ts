import { catchUp, renewEpoch, verify } from '@mnemon/core';
import type { Grant } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { asState, truth } from './held-state.ts';
import { AT, attach, join, makeWorld, put, SPACE, type World, writeAlone } from './world.ts';

const ADMIN: readonly Grant[] = [{ pattern: '**', access: 'admin' }];
const renew = (world: World, grants = ADMIN) =>
  renewEpoch(world.ports, attach(world, 'root', { grants }).caller);
const headOf = ({ ports }: World) => ports.log.head(SPACE);

async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'a', 1), put(world, 'b', 2));
  return world;
}

test('a cursor from before means nothing any more: its reader is given the state', async () => {
  const world = await writtenWorld();
  const before = await headOf(world);
  const { cursor } = answerOf(await renew(world));
  expect(cursor).toEqual({ epoch: expect.not.stringMatching(before?.epoch ?? ''), seq: [3] });
  expect(await headOf(world)).toEqual(cursor);
  const { caller } = attach(world, 'reader');
  const state = asState(answerOf(await catchUp(world.ports, caller, { cursor: before })));
  expect(state).toMatchObject({ reason: 'other-epoch', cursor, entries: [{ key: 'a' }, { key: 'b' }] });
});

test('who is connected is told at once', async () => {
  const world = await writtenWorld();
  const reader = await join(world, 'reader');
  const { cursor } = answerOf(await renew(world));
  expect(reader.frames.at(-1)).toMatchObject({
    type: 'changes',
    payload: { epoch: cursor.epoch, commits: [{ seq: 3, events: [] }] },
  });
});

test('the log stays whole, and goes on in the new epoch', async () => {
  const world = await writtenWorld();
  const before = await truth(world);
  const { cursor } = answerOf(await renew(world));
  expect(await truth(world)).toEqual(before);
  expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 3 } });
  await writeAlone(world, 'bob', put(world, 'c', 3));
  const [newest] = await world.ports.log.commits({ ...AT, afterSeq: 3, limit: 1 });
  expect(newest?.commit.epoch).toBe(cursor.epoch);
  expect(await verify(world.ports, AT)).toMatchObject({ intact: true, end: { seq: 4 } });
});

test('it gets through among others that write', async () => {
  const world = await writtenWorld();
  const { log } = world.ports;
  let interruptions = 3;
  const load: typeof log.load = async (at) => {
    const loaded = await log.load(at);
    if (interruptions-- > 0) await writeAlone(world, 'bob', put(world, 'c', interruptions));
    return loaded;
  };
  const ports = { ...world.ports, log: { ...log, load } };
  const { cursor } = answerOf(await renewEpoch(ports, attach(world, 'root', { grants: ADMIN }).caller));
  expect(cursor.seq).toEqual([6]);
  expect(await verify(world.ports, AT)).toMatchObject({ intact: true });
});

test('it is for those who administer everything, of a space that is there (I8)', async () => {
  const world = await writtenWorld();
  const before = await headOf(world);
  for (const pattern of ['**', 'a/**']) {
    const access = pattern === '**' ? 'write' : 'admin';
    expect(await renew(world, [{ pattern, access }])).toMatchObject({ error: { code: 'forbidden' } });
  }
  expect(await headOf(world)).toEqual(before);
  expect(await renew(makeWorld())).toMatchObject({ error: { code: 'not-found' } });
});
