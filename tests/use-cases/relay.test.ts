import { type Parcel, type Ports, postParcel } from '@mnemon/core';
import { expect, test } from 'vitest';
import {
  acksTo,
  batchOf,
  type Client,
  connectedIn,
  deliveriesTo,
  join,
  makeWorld,
  put,
  send,
  type World,
} from './world.ts';

/** The ports of a world in which two posts are as many as one function makes; parcels lie there until they are posted. */
function withRelay(world: World): { ports: Ports; parcels: Parcel[] } {
  const parcels: Parcel[] = [];
  const hand = async (parcel: Parcel) => void parcels.push(JSON.parse(JSON.stringify(parcel)));
  return { ports: { ...world.ports, relay: { postsEach: 2, hand } }, parcels };
}

const joinAll = (world: World, name: string, count: number): Promise<Client[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => join(world, `${name}-${n}`)));

test('few posts are made at once; many are handed over, but for the ack, and arrive the same', async () => {
  const world = makeWorld();
  const { ports, parcels } = withRelay(world);
  const writer = await join(world, 'writer');
  const readers = await joinAll(world, 'reader', 2);
  await send(world, writer, batchOf(put(world, 'a', 1)), ports);
  expect(parcels).toEqual([]);
  for (const reader of readers) expect(deliveriesTo(reader)).toHaveLength(1);

  const more = await joinAll(world, 'late', 7);
  await send(world, writer, batchOf(put(world, 'a', 2)), ports);
  expect(acksTo(writer)).toHaveLength(2);
  expect(deliveriesTo(writer).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(parcels.map(({ posts }) => posts.length)).toEqual([2, 2, 2, 2, 1]);
  for (const reader of more) expect(reader.frames).toEqual([]);

  await Promise.all(parcels.map((parcel) => postParcel(world.ports, parcel)));
  for (const reader of [...readers, ...more]) {
    expect(deliveriesTo(reader).at(-1)).toMatchObject({ seq: 2, prev: 1, events: [{ key: 'a', value: 2 }] });
    expect(acksTo(reader)).toEqual([]);
  }
});

test('what nobody takes over is posted directly', async () => {
  const world = makeWorld();
  const readers = await joinAll(world, 'reader', 5);
  let tries = 0;
  const hand = async () => {
    if (tries++ > 0) throw new Error('no');
  };
  const ports = { ...world.ports, relay: { postsEach: 2, hand } };
  await send(world, await join(world, 'writer'), batchOf(put(world, 'a', 1)), ports);
  const reached = readers.filter((reader) => deliveriesTo(reader).length === 1);
  expect([tries, reached.length]).toEqual([3, 3]);
});

test('whoever posts a parcel leaves out whose token has expired (I8), and forgets who is gone', async () => {
  const world = makeWorld();
  const { ports, parcels } = withRelay(world);
  const [gone, stays] = [await join(world, 'gone'), await join(world, 'stays')];
  const expiring = await join(world, 'expiring', { tokenExpiresAtMs: world.now() + 1_000 });
  await send(world, await join(world, 'writer'), batchOf(put(world, 'a', 1)), ports);
  world.pass(1_000);
  await world.ports.fanout.close(gone.caller.connectionId);
  for (const parcel of parcels) await postParcel(world.ports, parcel);
  expect(expiring.frames).toEqual([]);
  expect(deliveriesTo(stays)).toHaveLength(1);
  expect(await connectedIn(world)).toEqual(['expiring', 'stays', 'writer']);
});
