import { type Identity, rebuild, takeSnapshot } from '@mnemon/core';
import type { Entry, Grant, Rebuilt, Scope } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import { AT, attach, del, makeWorld, put, type World, writeAlone } from './world.ts';

const ALL: Scope = { prefix: '' };
const ADMIN: readonly Grant[] = [{ pattern: '**', access: 'admin' }];

const admin = (world: World, grants = ADMIN): Identity => attach(world, 'admin', { grants }).caller;

/** What all pages say together, each as short as can be. */
async function rebuilt(world: World, scope = ALL): Promise<Omit<Rebuilt, 'page'>> {
  let nowMs = 0;
  const ports = { ...world.ports, clock: { now: () => (nowMs += 60_000) } };
  const all: Omit<Rebuilt, 'page'> = { compared: 0, wrong: 0, differences: [] };
  for (let page: string | undefined; ; ) {
    const answered = answerOf(
      await rebuild(ports, admin(world), { scope, ...(page !== undefined && { page }) }),
    );
    all.compared += answered.compared;
    all.wrong += answered.wrong;
    all.differences.push(...answered.differences);
    page = answered.page;
    if (page === undefined) return all;
  }
}

/** The world after somebody was at its entries. */
function tampered({ ports, ...world }: World, tamper: (entry: Entry) => Entry[], more: Entry[] = []): World {
  const { log } = ports;
  const entriesBelow: typeof log.entriesBelow = async (at) => {
    const entries = (await log.entriesBelow({ ...at, limit: 10_000 })).flatMap(tamper);
    return at.afterKey === undefined ? [...entries, ...more] : entries;
  };
  const load: typeof log.load = async (at) => {
    const loaded = await log.load(at);
    const kept = [...(loaded?.entries.values() ?? [])].flatMap(tamper);
    return loaded && { ...loaded, entries: new Map(kept.map((entry) => [entry.key, entry])) };
  };
  return { ...world, ports: { ...ports, log: { ...log, entriesBelow, load } } };
}

async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'a/1', 1), put(world, 'a/2', 1), put(world, 'b', 1));
  await writeAlone(world, 'bob', put(world, 'a/1', 2, { expectedVersion: 1 }));
  await writeAlone(world, 'bob', del(world, 'a/2', { expectedVersion: 1 }));
  return world;
}

test('entries that the log makes are as they should be, tombstones included', async () => {
  expect(await rebuilt(await writtenWorld())).toEqual({ compared: 3, wrong: 0, differences: [] });
  expect(await rebuilt(await writtenWorld(), { prefix: 'a' })).toMatchObject({ compared: 2, wrong: 0 });
  expect(await rebuilt(await writtenWorld(), { key: 'a/2' })).toMatchObject({ compared: 1, wrong: 0 });
  expect(await rebuilt(await worldWithCommits(1_203))).toMatchObject({ compared: 100, wrong: 0 });
});

test('an entry with another content than its commit gave it is found', async () => {
  const world = tampered(await writtenWorld(), (entry) => [
    entry.key === 'a/1' ? { ...entry, value: 9 } : entry,
  ]);
  expect(await rebuilt(world)).toEqual({
    compared: 3,
    wrong: 1,
    differences: [{ key: 'a/1', problem: 'different', seq: 4 }],
  });
});

test('an entry that is not there is found, and one that no commit made', async () => {
  const written = await writtenWorld();
  const [b] = await written.ports.log.entries({ ...AT, afterKey: 'a/1', limit: 1 });
  const made = { ...(b as Entry), key: 'z' };
  const world = tampered(written, (entry) => (entry.key === 'b' ? [] : [entry]), [made]);
  expect(await rebuilt(world)).toEqual({
    compared: 4,
    wrong: 2,
    differences: [
      { key: 'z', problem: 'unfounded' },
      { key: 'b', problem: 'missing', seq: 3 },
    ],
  });
});

test('an entry that was left behind by its log is found', async () => {
  const written = await writtenWorld();
  const [b] = await written.ports.log.entries({ ...AT, afterKey: 'a/1', limit: 1 });
  const stale = { ...(b as Entry), key: 'a/1', seq: 1 };
  const world = tampered(written, (entry) => [entry.key === 'a/1' ? stale : entry]);
  expect(await rebuilt(world)).toMatchObject({ differences: [{ key: 'a/1', problem: 'different', seq: 4 }] });
});

test('what is written meanwhile is no difference', async () => {
  const written = await writtenWorld();
  const { log } = written.ports;
  const entriesBelow: typeof log.entriesBelow = async (at) => {
    await writeAlone(written, 'cem', put(written, 'b', 2, { expectedVersion: 1 }), put(written, 'new', 1));
    return log.entriesBelow(at);
  };
  const world = { ...written, ports: { ...written.ports, log: { ...log, entriesBelow } } };
  expect(await rebuilt(world)).toMatchObject({ compared: 2, wrong: 0 });
});

test('a tombstone may be forgotten', async () => {
  const world = tampered(await writtenWorld(), (entry) => (entry.value === undefined ? [] : [entry]));
  expect(await rebuilt(world)).toMatchObject({ compared: 2, wrong: 0 });
});

test('where the log was compacted, the state is recomputed from a snapshot and the log after it', async () => {
  const world = await worldWithCommits(150);
  await takeSnapshot(world.ports, AT);
  await world.ports.log.raiseFloor({ ...AT, seq: 150 });
  await writeAlone(world, 'cem', put(world, 'k7', 'new', { expectedVersion: 2 }), put(world, 'new', 1));
  await world.ports.log.dropCommits({ ...AT, limit: 1000 });
  expect(await rebuilt(world)).toMatchObject({ compared: 101, wrong: 0 });
  const changed = tampered(world, (entry) => [entry.key === 'k9' ? { ...entry, value: 9 } : entry]);
  expect(await rebuilt(changed)).toMatchObject({
    differences: [{ key: 'k9', problem: 'different', seq: 109 }],
  });
});

test('where the log was compacted, an entry that is missing is found by the snapshot, or by the log after it', async () => {
  const world = await worldWithCommits(150);
  await takeSnapshot(world.ports, AT);
  await world.ports.log.raiseFloor({ ...AT, seq: 150 });
  await writeAlone(world, 'cem', put(world, 'k7', 'new', { expectedVersion: 2 }), del(world, 'k8'));
  await world.ports.log.dropCommits({ ...AT, limit: 1000 });
  const gone = new Set(['k7', 'k8', 'k9']);
  expect(await rebuilt(tampered(world, (entry) => (gone.has(entry.key) ? [] : [entry])))).toEqual({
    compared: 99,
    wrong: 2,
    differences: [
      { key: 'k9', problem: 'missing', seq: 109 },
      { key: 'k7', problem: 'missing', seq: 151 },
    ],
  });
});

test('a whole comparison is one call where that is quick, and goes on from a page where it is not', async () => {
  const world = await worldWithCommits(300);
  const whole = await rebuild(world.ports, admin(world), { scope: ALL });
  expect(whole).toEqual({ ok: true, value: { compared: 100, wrong: 0, differences: [] } });
  expect(await rebuilt(world)).toEqual({ compared: 100, wrong: 0, differences: [] });
  const foreign = await rebuild(world.ports, admin(world), { scope: ALL, page: 'x' });
  expect(foreign).toMatchObject({ error: { code: 'bad-cursor' } });
});

test('is refused to whoever does not administer the space (I8)', async () => {
  const world = await writtenWorld();
  const answered = await rebuild(world.ports, admin(world, [{ pattern: '**', access: 'write' }]), {
    scope: ALL,
  });
  expect(answered.ok || answered.error.code).toBe('forbidden');
});
