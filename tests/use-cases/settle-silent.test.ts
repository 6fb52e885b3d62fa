import { forget, heartbeat, settleSilent } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { truth } from './held-state.ts';
import { AT, type Client, join, makeWorld, SPACE, type World } from './world.ts';

const STALE_MS = 80_000;
/** Whoever is alive was noted since. */
const SILENT_MS = STALE_MS + 30_000;
const leaving = (name: string) => ({ will: { key: `status/${name}`, value: 'gone' } });

const statusOf = async ({ ports }: World, { caller }: Client) => (await ports.nodes.get(caller))?.status;
const commitsOf = async ({ ports }: World) =>
  (await ports.log.commits({ ...AT, afterSeq: 0, limit: 100 })).length;

/** Whose end was noticed by a handler that died over it. */
async function joinAndVanish(world: World, name: string): Promise<Client> {
  const client = await join(world, name, { presence: leaving(name) });
  await world.ports.connections.remove(client.caller);
  return client;
}

test('who is gone and was not settled is offline, with its will, as soon as its silence is over', async () => {
  const world = makeWorld();
  const ann = await joinAndVanish(world, 'ann');
  const seenAtMs = world.now();
  world.pass(SILENT_MS - 1);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(0);
  world.pass(1);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(1);
  expect(await world.ports.nodes.get(ann.caller)).toMatchObject({
    status: 'offline',
    lastSeenAtMs: seenAtMs,
  });
  expect(await commitsOf(world)).toBe(1);
  expect(world.notices).toMatchObject([{ type: 'instance-gone', instanceId: 'ann' }]);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(0);
});

test('twice at once, and beside who found out late, each will is written once', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann', { presence: leaving('ann') });
  for (let i = 0; i < 40; i++) await joinAndVanish(world, `gone-${i}`);
  world.pass(SILENT_MS);
  await Promise.all([
    settleSilent(world.ports, STALE_MS),
    settleSilent(world.ports, STALE_MS),
    forget(world.ports, ann.caller),
  ]);
  await settleSilent(world.ports, STALE_MS);
  expect(await commitsOf(world)).toBe(41);
  expect(world.notices).toHaveLength(41);
});

test('who has a connection, stale or not, and who said nothing new, is left alone', async () => {
  const world = makeWorld();
  const stale = await join(world, 'stale', { presence: leaving('stale') });
  const deaf = await join(world, 'deaf', { presence: leaving('deaf') });
  world.pass(SILENT_MS);
  const put = async () => {};
  await heartbeat({ ...world.ports, nodes: { ...world.ports.nodes, put } }, deaf.caller, {});
  expect(await settleSilent(world.ports, STALE_MS)).toBe(0);
  expect([await statusOf(world, stale), await statusOf(world, deaf)]).toEqual(['online', 'online']);
  expect(await commitsOf(world)).toBe(0);
});

test('whom a late heartbeat has shown as online is offline again, and its will is not written twice', async () => {
  const world = makeWorld();
  const ann = await join(world, 'ann', { presence: leaving('ann') });
  world.pass(30_000);
  await forget(world.ports, ann.caller);
  const row = { ...ann.caller, subscriptions: [], lastSeenAtMs: world.now() - 30_000 };
  const touch = async () => row; // before it was taken out
  await heartbeat({ ...world.ports, connections: { ...world.ports.connections, touch } }, ann.caller, {
    presence: leaving('ann'),
  });
  expect(await statusOf(world, ann)).toBe('online');
  world.pass(SILENT_MS);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(1);
  expect(await statusOf(world, ann)).toBe('offline');
  expect(await commitsOf(world)).toBe(1);
});

test('a will that is found late stays within the grants of its instance (I8), and outlives its token', async () => {
  const world = makeWorld();
  const [grants, tokenExpiresAtMs] = [[{ pattern: 'status/ann', access: 'write' as const }], world.now() + 1];
  for (const name of ['ann', 'bob']) {
    const { caller } = await join(world, name, { presence: leaving(name), grants, tokenExpiresAtMs });
    await world.ports.connections.remove(caller);
  }
  world.pass(SILENT_MS);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(2);
  expect(await truth(world)).toEqual({ 'status/ann': 'gone' });
});

test('one that fails keeps nothing from the others, and is told in the end', async () => {
  const world = makeWorld();
  for (const name of ['a', 'b', 'c']) await joinAndVanish(world, name);
  world.pass(SILENT_MS);
  const leave: typeof world.ports.nodes.leave = async (connection, atMs) => {
    if (connection.instanceId === 'b') throw new Error('no');
    return world.ports.nodes.leave(connection, atMs);
  };
  const ports = { ...world.ports, nodes: { ...world.ports.nodes, leave } };
  await expect(settleSilent(ports, STALE_MS)).rejects.toThrow('no');
  const listed = await world.ports.nodes.list(SPACE);
  expect(listed.map(({ status }) => status)).toEqual(['offline', 'online', 'offline']);
  expect(await settleSilent(world.ports, STALE_MS)).toBe(1);
  expect(await world.ports.nodes.get({ space: SPACE, instanceId: 'b' as InstanceId })).toMatchObject({
    status: 'offline',
  });
});
