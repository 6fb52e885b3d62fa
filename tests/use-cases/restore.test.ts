import { type Identity, type Ports, restore, stateAt } from '@mnemon/core';
import type { Cursor, Grant, JsonValue, Restored, RestoreRequest, Scope } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { atEachDeath } from './dying-ports.ts';
import { truth } from './held-state.ts';
import {
  acksTo,
  attach,
  batchOf,
  del,
  deliveriesTo,
  join,
  makeWorld,
  put,
  SPACE,
  send,
  type World,
  writeAlone,
} from './world.ts';

const ALL: Scope = { prefix: '' };
const ADMIN: readonly Grant[] = [{ pattern: '**', access: 'admin' }];
const pause = async () => {};

const admin = (world: World, grants = ADMIN): Identity => attach(world, 'admin', { grants }).caller;

async function headOf(world: World): Promise<Cursor> {
  const head = await world.ports.log.head(SPACE);
  if (!head) throw new Error('no such space');
  return head;
}
const cursorAt = async (world: World, seq: number): Promise<Cursor> => ({
  ...(await headOf(world)),
  seq: [seq],
});

async function restored(
  world: World,
  request: RestoreRequest,
  ports: Ports = world.ports,
): Promise<Restored> {
  return answerOf(await restore(ports, pause, admin(world), request));
}

async function restoreAll(world: World, request: RestoreRequest): Promise<Restored[]> {
  const pages = [await restored(world, request)];
  for (let page = pages[0]?.page; page !== undefined; page = pages.at(-1)?.page) {
    pages.push(await restored(world, { ...request, page }));
  }
  return pages;
}

/** Three moments: two tasks; one done and the other gone; a third there, and the first with a deadline. */
async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  await writeAlone(world, 'ann', put(world, 'tasks/1', 'open'), put(world, 'tasks/2', 'open')); // 1, 2
  await writeAlone(world, 'bob', put(world, 'tasks/1', 'done', { expectedVersion: 1 })); // 3
  await writeAlone(world, 'bob', del(world, 'tasks/2', { expectedVersion: 1 })); // 4
  await writeAlone(world, 'bob', put(world, 'tasks/3', 'new'), put(world, 'other', 1)); // 5, 6
  return world;
}

describe('restoring', () => {
  test('brings a prefix back as it was, in one commit of ordinary events, and leaves the rest alone', async () => {
    const world = await writtenWorld();
    const reader = await join(world, 'reader');
    const answer = await restored(world, { scope: { prefix: 'tasks' }, to: await cursorAt(world, 2) });
    expect(answer).toMatchObject({
      from: { seq: [6] },
      commit: { seq: 7 },
      outcomes: [
        { key: 'tasks/1', outcome: { status: 'applied', version: 3 } },
        { key: 'tasks/2', outcome: { status: 'applied', version: 3 } },
        { key: 'tasks/3', outcome: { status: 'applied', version: 2 } },
      ],
    });
    expect(answer.page).toBeUndefined();
    expect(await truth(world)).toEqual({ 'tasks/1': 'open', 'tasks/2': 'open', other: 1 });
    const events = deliveriesTo(reader).flatMap((delivery) => delivery.events);
    expect(events.map(({ type, author }) => [type, author])).toEqual([
      ['updated', 'admin'],
      ['created', 'admin'],
      ['deleted', 'admin'],
    ]);
  });

  test('brings one key back, and not what is below it', async () => {
    const world = await writtenWorld();
    await writeAlone(world, 'ann', put(world, 'tasks', 1));
    await restored(world, { scope: { key: 'tasks/1' }, to: await cursorAt(world, 1) });
    expect(await truth(world)).toMatchObject({ 'tasks/1': 'open', 'tasks/3': 'new', tasks: 1 });
  });

  test('can be undone: by restoring what it replaced', async () => {
    const world = await writtenWorld();
    const before = await truth(world);
    const { from } = await restored(world, { scope: ALL, to: await cursorAt(world, 2) });
    expect(await truth(world)).not.toEqual(before);
    await restored(world, { scope: ALL, to: from });
    expect(await truth(world)).toEqual(before);
  });

  test('writes nothing where nothing differs', async () => {
    const world = await writtenWorld();
    expect((await restored(world, { scope: ALL, to: await headOf(world) })).outcomes).toEqual([]);
    await writeAlone(world, 'ann', put(world, 'other', 2, { expectedVersion: 1 }));
    await writeAlone(world, 'ann', put(world, 'other', 1, { expectedVersion: 2 }));
    expect((await restored(world, { scope: ALL, to: await cursorAt(world, 6) })).outcomes).toEqual([]);
    expect(await headOf(world)).toMatchObject({ seq: [8] });
  });

  test('brings tags and the rest of a lifetime back with the value', async () => {
    const world = makeWorld();
    const tagged = { ...put(world, 'k', 1), tags: ['a'], ttlMs: 60_000 } as ReturnType<typeof put>;
    await writeAlone(world, 'ann', tagged);
    world.pass(100_000);
    await writeAlone(world, 'ann', del(world, 'k', { expectedVersion: 1 }));
    const nowMs = world.now();
    await restored(world, { scope: ALL, to: await cursorAt(world, 1) });
    const found = await stateAt(world.ports, admin(world), { scope: ALL });
    expect(found).toMatchObject({
      value: { entries: [{ value: 1, tags: ['a'], expiresAtMs: nowMs + 60_000 }] },
    });
  });

  test('goes batch by batch over many keys, and every one of them is atomic', async () => {
    const world = makeWorld();
    const client = attach(world, 'ann');
    const keys = Array.from({ length: 250 }, (_, i) => `k/${i}`);
    const write = async (value: JsonValue) => {
      for (let i = 0; i < keys.length; i += 50) {
        const ops = keys.slice(i, i + 50).map((key) => put(world, key, value));
        await send(world, client, batchOf(...ops));
      }
    };
    await write('old');
    const to = await headOf(world);
    await write('new');
    const pages = await restoreAll(world, { scope: { prefix: 'k' }, to });
    expect(pages.map(({ outcomes }) => outcomes.length)).toEqual([100, 100, 50]);
    expect(pages.map(({ commit }) => commit?.seq)).toEqual([11, 12, 13]);
    expect(new Set(Object.values(await truth(world)))).toEqual(new Set(['old']));
  });

  test('leaves alone what somebody wrote meanwhile, and says so', async () => {
    const world = await writtenWorld();
    const from = await headOf(world);
    await writeAlone(world, 'cem', put(world, 'tasks/1', 'newer', { expectedVersion: 2 }));
    const { outcomes } = await restored(world, { scope: ALL, to: await cursorAt(world, 2), from });
    expect(outcomes).toMatchObject([
      { key: 'other', outcome: { status: 'applied' } },
      { key: 'tasks/1', outcome: { status: 'refused', code: 'conflict', current: { value: 'newer' } } },
      { key: 'tasks/2', outcome: { status: 'applied' } },
      { key: 'tasks/3', outcome: { status: 'applied' } },
    ]);
    expect(await truth(world)).toEqual({ 'tasks/1': 'newer', 'tasks/2': 'open' });
  });

  test('posts no ack to the connection that asked: its answer is one already', async () => {
    const world = await writtenWorld();
    const client = await join(world, 'admin', { grants: ADMIN });
    const to = await cursorAt(world, 2);
    const answered = await restore(world.ports, pause, client.caller, { scope: ALL, to });
    expect(answered.ok).toBe(true);
    expect(deliveriesTo(client)).toHaveLength(1);
    expect(acksTo(client)).toEqual([]);
  });
});

describe('a restoration is done once (I6)', () => {
  test('asked for again, it gets the first answer, whatever was written since', async () => {
    const world = await writtenWorld();
    const request = { scope: ALL, to: await cursorAt(world, 2), from: await headOf(world) };
    const first = await restored(world, request);
    await writeAlone(
      world,
      'cem',
      put(world, 'tasks/1', 'later', { expectedVersion: 3 }),
      put(world, 'a', 1),
    );
    const held = await truth(world);
    expect(await restored(world, request)).toEqual(first);
    expect(await truth(world)).toEqual(held);
  });

  test('wherever the handler dies, asked for again it gets the answer that it would have got', async () => {
    const undisturbed = await writtenWorld();
    const request = async (world: World) => ({
      scope: ALL,
      to: await cursorAt(world, 2),
      from: await cursorAt(world, 6),
    });
    const expected = await restored(undisturbed, await request(undisturbed));
    const deaths = await atEachDeath(
      writtenWorld,
      async (world, ports) => restored(world, await request(world), ports),
      async (world) => {
        expect(await restored(world, await request(world))).toEqual(expected);
        expect(await truth(world)).toEqual(await truth(undisturbed));
        expect(await headOf(world)).toMatchObject({ seq: [7] });
      },
    );
    expect(deaths).toBeGreaterThan(5);
  });
});

describe('is refused', () => {
  test('to whoever may only write (I8)', async () => {
    const world = await writtenWorld();
    const to = await cursorAt(world, 2);
    const code = async (grants: Grant[], scope: Scope) => {
      const answered = await restore(world.ports, pause, admin(world, grants), { scope, to });
      return answered.ok || answered.error.code;
    };
    expect(await code([{ pattern: '**', access: 'write' }], ALL)).toBe('forbidden');
    expect(await code([{ pattern: 'tasks/**', access: 'admin' }], { prefix: 'tasks' })).toBe('forbidden');
    expect(await code([{ pattern: 'tasks/**', access: 'admin' }], { key: 'other' })).toBe('forbidden');
    expect(await code([{ pattern: 'tasks/**', access: 'admin' }], { key: 'tasks/1' })).toBe(true);
  });

  test('to and from cursors of another log, and with a page of another answer', async () => {
    const world = await writtenWorld();
    const to = await cursorAt(world, 2);
    const foreign = { epoch: 'x', seq: [1] };
    await expect(restored(world, { scope: ALL, to: foreign })).rejects.toThrow('bad-cursor');
    await expect(restored(world, { scope: ALL, to, from: foreign })).rejects.toThrow('bad-cursor');
    const past = await stateAt(world.ports, admin(world), { scope: ALL, limit: 1 });
    const page = past.ok ? past.value.page : undefined;
    await expect(restored(world, { scope: ALL, to, page })).rejects.toThrow('bad-cursor');
  });
});
