import { fork, history, type Identity, type Ports, verify } from '@mnemon/core';
import type { Cursor, Entry, Forked, Grant, JsonValue, SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { atEachDeath } from './dying-ports.ts';
import {
  attach,
  batchOf,
  type Client,
  del,
  makeWorld,
  put,
  SPACE,
  send,
  type World,
  writeAlone,
} from './world.ts';

const COPY = 'copy' as SpaceId;
const ADMIN: readonly Grant[] = [{ pattern: '**', access: 'admin' }];

const admin = (world: World, space: SpaceId, grants = ADMIN): Identity =>
  attach(world, 'admin', { grants, space }).caller;

async function cursorAt({ ports }: World, seq: number): Promise<Cursor> {
  const head = await ports.log.head(SPACE);
  return { epoch: head?.epoch ?? '', seq: [seq] };
}

const answerTo = (world: World, cursor: Cursor, ports: Ports = world.ports) =>
  fork(ports, admin(world, SPACE), admin(world, COPY), cursor);

async function forked(world: World, seq: number, ports?: Ports): Promise<Forked> {
  return answerOf(await answerTo(world, await cursorAt(world, seq), ports));
}

async function entriesOf({ ports }: World, space: SpaceId): Promise<readonly Entry[]> {
  return ports.log.entries({ space, partition: 0, afterKey: undefined, limit: 10_000 });
}
const valuesOf = async (world: World, space: SpaceId): Promise<Record<string, JsonValue>> =>
  Object.fromEntries((await entriesOf(world, space)).map(({ key, value }) => [key, value as JsonValue]));

const KEYS = 230;

/** A space with many keys, 5 of which the last commits changed, deleted or made. */
async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  const client = attach(world, 'ann');
  const keys = Array.from({ length: KEYS }, (_, i) => `k/${i}`);
  for (let i = 0; i < KEYS; i += 50) {
    await send(world, client, batchOf(...keys.slice(i, i + 50).map((key) => put(world, key, 'old')))); // 1 to 5
  }
  const changes = ['k/0', 'k/1', 'k/2'].map((key) => put(world, key, 'new', { expectedVersion: 1 }));
  await writeAlone(world, 'bob', ...changes, del(world, 'k/3', { expectedVersion: 1 }), put(world, 'new', 1)); // 6 to 10
  return world;
}

describe('a fork', () => {
  test('has the state of the moment that was asked for, and the source keeps its own', async () => {
    const world = await writtenWorld();
    const before = await valuesOf(world, SPACE);
    const { complete } = await forked(world, 7);
    expect(complete).toBe(true);
    const copy = await valuesOf(world, COPY);
    expect(Object.keys(copy)).toHaveLength(KEYS);
    expect(copy).toMatchObject({ 'k/0': 'new', 'k/1': 'new', 'k/2': 'old', 'k/3': 'old' });
    expect(await valuesOf(world, SPACE)).toEqual(before);
  });

  test('keeps versions, clocks and authors, and has an intact log of its own', async () => {
    const world = await writtenWorld();
    const { cursor } = await forked(world, 10);
    const withoutPlace = ({ seq: _, ...entry }: Entry) => entry;
    const [source, copy] = [await entriesOf(world, SPACE), await entriesOf(world, COPY)];
    expect(copy.map(withoutPlace)).toEqual(source.map(withoutPlace));
    expect(await verify(world.ports, { space: COPY, partition: 0 })).toMatchObject({
      intact: true,
      end: { seq: 4 },
    });
    expect(cursor).toEqual({ ...(await world.ports.log.head(COPY)), seq: [4] });
    expect(cursor.epoch).not.toBe((await cursorAt(world, 1)).epoch);
    const found = await history(world.ports, admin(world, COPY), { key: 'k/0' });
    expect(found).toMatchObject({
      value: { versions: [{ writer: 'admin', event: { author: 'bob', version: 2 } }] },
    });
  });

  test('lives on: writes go on from the versions that it took over', async () => {
    const world = await writtenWorld();
    await forked(world, 10);
    const client: Client = attach(world, 'cem', { space: COPY });
    await send(world, client, batchOf(put(world, 'k/0', 'newest', { expectedVersion: 2 })));
    expect(await valuesOf(world, COPY)).toMatchObject({ 'k/0': 'newest' });
    expect(await valuesOf(world, SPACE)).toMatchObject({ 'k/0': 'new' });
  });

  test('of an empty moment is an empty space', async () => {
    const world = await writtenWorld();
    expect(await forked(world, 0)).toMatchObject({ cursor: { seq: [1] }, complete: true });
    expect(await valuesOf(world, COPY)).toEqual({});
  });

  test('that takes longer than a call may is gone on with by the next', async () => {
    const world = await writtenWorld();
    const slow = { ...world.ports.log };
    slow.append = async (append) => {
      world.pass(10_000);
      return world.ports.log.append(append);
    };
    const ports = { ...world.ports, log: slow };
    const answers: Forked[] = [];
    while (!answers.at(-1)?.complete) answers.push(await forked(world, 10, ports));
    expect(answers.map(({ cursor, complete }) => [cursor.seq[0], complete])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    expect(await valuesOf(world, COPY)).toEqual(await valuesOf(world, SPACE));
  });
});

describe('a fork is made once (I6)', () => {
  test('asked for again, it is the same, also after it was written to', async () => {
    const world = await writtenWorld();
    const first = await forked(world, 10);
    await send(world, attach(world, 'cem', { space: COPY }), batchOf(put(world, 'own', 1)));
    expect(await forked(world, 10)).toEqual(first);
  });

  test('two calls at once make one', async () => {
    const world = await writtenWorld();
    const [first, second] = await Promise.all([forked(world, 10), forked(world, 10)]);
    expect(second).toEqual(first);
    expect(await valuesOf(world, COPY)).toEqual(await valuesOf(world, SPACE));
  });

  test('wherever the handler dies, the next one completes it: nothing is lost or doubled', async () => {
    const expected = await valuesOf(await writtenWorld(), SPACE);
    const deaths = await atEachDeath(
      writtenWorld,
      (world, ports) => forked(world, 10, ports),
      async (world) => {
        expect(await forked(world, 10)).toMatchObject({ cursor: { seq: [4] }, complete: true });
        expect(await valuesOf(world, COPY)).toEqual(expected);
        expect((await verify(world.ports, { space: COPY, partition: 0 })).intact).toBe(true);
      },
    );
    expect(deaths).toBeGreaterThan(10);
  });
});

describe('is refused', () => {
  const code = async (answering: ReturnType<typeof fork>) => {
    const answered = await answering;
    return answered.ok || answered.error.code;
  };

  test('into a space that is in use, by another or by a fork of another moment', async () => {
    const world = await writtenWorld();
    await send(world, attach(world, 'cem', { space: COPY }), batchOf(put(world, 'own', 1)));
    expect(await code(answerTo(world, await cursorAt(world, 10)))).toBe('conflict');
    expect(await valuesOf(world, COPY)).toEqual({ own: 1 });
    const other = await writtenWorld();
    await forked(other, 10);
    expect(await code(answerTo(other, await cursorAt(other, 9)))).toBe('conflict');
  });

  test('into itself', async () => {
    const world = await writtenWorld();
    const itself = admin(world, SPACE);
    expect(await code(fork(world.ports, itself, itself, await cursorAt(world, 0)))).toBe('conflict');
  });

  test('when somebody writes to the space before it is complete', async () => {
    const world = await writtenWorld();
    const client = attach(world, 'cem', { space: COPY });
    let appends = 0;
    const log = { ...world.ports.log };
    log.append = async (append) => {
      if (++appends === 2) await send(world, client, batchOf(put(world, 'own', 1)));
      return world.ports.log.append(append);
    };
    const answering = answerTo(world, await cursorAt(world, 10), { ...world.ports, log });
    expect(await code(answering)).toBe('conflict');
  });

  test('to whoever does not administer both (I8)', async () => {
    const world = await writtenWorld();
    const cursor = await cursorAt(world, 10);
    const writer: Grant[] = [{ pattern: '**', access: 'write' }];
    const [source, target] = [admin(world, SPACE), admin(world, COPY)];
    expect(await code(fork(world.ports, admin(world, SPACE, writer), target, cursor))).toBe('forbidden');
    expect(await code(fork(world.ports, source, admin(world, COPY, writer), cursor))).toBe('forbidden');
    expect(await world.ports.log.head(COPY)).toBeUndefined();
  });

  test('at a cursor of another log', async () => {
    const world = await writtenWorld();
    expect(await code(answerTo(world, { epoch: 'x', seq: [1] }))).toBe('bad-cursor');
  });
});
