import { diff, fork, type Ports, restore, stateAt } from '@mnemon/core';
import type { Cursor, Grant, JsonValue, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { appendedCommits } from './appended-commits.ts';
import { truth } from './held-state.ts';
import { attach, makeWorld, put, SPACE, type World, writeAlone } from './world.ts';

const KEYS = 12_000;
const LOOKED_AT = 5_000;
const PER_READ = 100;
const ALL = { scope: { prefix: '' } };
const ADMIN: readonly Grant[] = [{ pattern: '**', access: 'admin' }];
const pause = async () => {};

const keyOf = (index: number) => `k/${String(index).padStart(5, '0')}`;
const [FIRST, MIDDLE, LAST] = [keyOf(0), keyOf(7_000), keyOf(KEYS - 1)];

const as = (world: World, grants = ADMIN, space: SpaceId = SPACE) =>
  attach(world, 'reader', { grants, space }).caller;
const cursorAt = async (world: World, seq: number): Promise<Cursor> => ({
  epoch: (await world.ports.log.head(SPACE))?.epoch ?? '',
  seq: [seq],
});

/** One commit makes all keys; of those, the next three change the first, one in the middle, and the last. */
async function wideWorld(): Promise<World> {
  const world = makeWorld();
  await appendedCommits(world, [Array.from({ length: KEYS }, (_, i) => keyOf(i))]);
  const changes = [FIRST, MIDDLE, LAST].map((key) => put(world, key, 'new', { expectedVersion: 1 }));
  await writeAlone(world, 'ann', ...changes);
  return world;
}

/** The ports, and how many entries were read by prefix through them. */
function counting(world: World): { ports: Ports; lookedAt: () => number } {
  const { log } = world.ports;
  let count = 0;
  const entriesBelow: typeof log.entriesBelow = async (at) => {
    const entries = await log.entriesBelow(at);
    count += entries.length;
    return entries;
  };
  return { ports: { ...world.ports, log: { ...log, entriesBelow } }, lookedAt: () => count };
}

type Answer<Value> = { ok: true; value: Value } | { ok: false; error: { code: string } };

/** Every page of an answer; none looks at more than it may. */
async function pagesOf<Page extends { page?: string | undefined }>(
  world: World,
  ask: (ports: Ports, page: { page?: string }) => Promise<Answer<Page>>,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let page: string | undefined; pages.length === 0 || page !== undefined; ) {
    const { ports, lookedAt } = counting(world);
    const answered = await ask(ports, page === undefined ? {} : { page });
    if (!answered.ok) throw new Error(answered.error.code);
    expect(lookedAt()).toBeLessThanOrEqual(LOOKED_AT + 2 * PER_READ);
    pages.push(answered.value);
    page = answered.value.page;
  }
  return pages;
}

describe('a call over a wide prefix of which there is little to say looks at a bounded number of keys', () => {
  let world: World;
  beforeAll(async () => {
    world = await wideWorld();
  });

  test('the difference: over all pages each key once', async () => {
    const from = { cursor: await cursorAt(world, 1) };
    const pages = await pagesOf(world, (ports, page) => diff(ports, as(world), { ...ALL, from, ...page }));
    const keys = pages.map(({ differences }) => differences.map(({ key }) => key));
    expect(keys).toEqual([[FIRST], [MIDDLE], [LAST]]);
  });

  test('the state before there was any of it', async () => {
    const at = { cursor: await cursorAt(world, 0) };
    const pages = await pagesOf(world, (ports, page) => stateAt(ports, as(world), { ...ALL, at, ...page }));
    expect(pages.flatMap(({ entries }) => entries)).toEqual([]);
    expect(pages.length).toBeGreaterThan(1);
  });

  test('what lies outside the grants is not read at all (I8)', async () => {
    const grants: Grant[] = [FIRST, LAST].map((pattern) => ({ pattern, access: 'read' }));
    const { ports, lookedAt } = counting(world);
    const from = { cursor: await cursorAt(world, 1) };
    const answered = await diff(ports, as(world, grants), { ...ALL, from });
    expect(answered).toMatchObject({ value: { differences: [{ key: FIRST }, { key: LAST }] } });
    expect(lookedAt()).toBe(0);
  });

  test('a page names a key that may be read, however many of the others there are (I8)', async () => {
    const grants: Grant[] = [{ pattern: '*/*9', access: 'read' }];
    const from = { cursor: await cursorAt(world, 1) };
    const pages = await pagesOf(world, (ports, page) =>
      diff(ports, as(world, grants), { ...ALL, from, ...page }),
    );
    expect(pages.flatMap(({ differences }) => differences.map(({ key }) => key))).toEqual([LAST]);
    const places = pages.flatMap(({ page }) => (page ? [JSON.parse(atob(page)).afterKey] : []));
    expect(places).toEqual([keyOf(4_999), keyOf(9_999)]);
  });

  test('a fork copies all, though many keys in a row are of later', async () => {
    const early = makeWorld();
    await appendedCommits(early, [['a', 'z'], Array.from({ length: KEYS }, (_, i) => keyOf(i))]);
    const copy = 'copy' as SpaceId;
    const cursor = await cursorAt(early, 1);
    const forked = await fork(early.ports, as(early), as(early, ADMIN, copy), cursor);
    expect(forked).toMatchObject({ value: { complete: true } });
    const entries = await early.ports.log.entries({
      space: copy,
      partition: 0,
      afterKey: undefined,
      limit: 10,
    });
    expect(entries.map(({ key }) => key)).toEqual(['a', 'z']);
  });
});

describe('a restoration of a wide prefix', () => {
  const before: JsonValue = 1;

  test('goes on from page to page, also from one that wrote nothing', async () => {
    const world = await wideWorld();
    await writeAlone(world, 'ann', put(world, MIDDLE, before, { expectedVersion: 2 }));
    const to = await cursorAt(world, 1);
    const pages = await pagesOf(world, (ports, page) =>
      restore(ports, pause, as(world), { ...ALL, to, ...page }),
    );
    const keys = pages.map(({ outcomes }) => outcomes.map(({ key }) => key));
    expect(keys).toEqual([[FIRST], [], [LAST]]);
    expect(new Set(Object.values(await truth(world)))).toEqual(new Set([before]));
  });

  test('asked for again after many keys came to be in between, it is answered the same (I6)', async () => {
    const world = await wideWorld();
    const request = { ...ALL, to: await cursorAt(world, 1), from: await cursorAt(world, 4) };
    const restored = () => restore(world.ports, pause, as(world), request);
    const first = await restored();
    const seq = (await world.ports.log.head(SPACE))?.seq;
    await appendedCommits(world, [Array.from({ length: 6_000 }, (_, i) => `${FIRST}/${i}`)]);
    expect(await restored()).toEqual(first);
    expect((await world.ports.log.head(SPACE))?.seq).toEqual([(seq?.[0] ?? 0) + 1]);
  });
});
