import { expireEntries, listEntries, read, searchEntries } from '@mnemon/core';
import type { FoundPage, Grant, ListRequest, Op } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { attach, batchOf, del, join, makeWorld, put, SPACE, send, type World, writeAlone } from './world.ts';

type Put = Extract<Op, { op: 'put' }>;
const putWith = (world: World, key: string, value: Put['value'], more: Partial<Put>): Op => ({
  ...(put(world, key, value) as Put),
  ...more,
});

const READ_ALL: readonly Grant[] = [{ pattern: '**', access: 'read' }];
const reader = (world: World, grants = READ_ALL) => attach(world, 'reader', { grants }).caller;

const keysOf = (answered: { ok: true; value: FoundPage } | { ok: false; error: { code: string } }) =>
  answered.ok ? answered.value.entries.map(({ key }) => key) : answered.error.code;

const list = async (world: World, request: ListRequest, grants?: readonly Grant[]) =>
  keysOf(await listEntries(world.ports, reader(world, grants), request));
const search = async (world: World, text: string, grants?: readonly Grant[]) =>
  keysOf(await searchEntries(world.ports, reader(world, grants), { text }));

async function library(): Promise<World> {
  const world = makeWorld();
  await writeAlone(
    world,
    'ann',
    putWith(world, 'tasks/1', { title: 'Fix the login' }, { tags: ['urgent', 'web'], entities: ['Bob'] }),
    putWith(world, 'tasks/2', { title: 'Write docs' }, { tags: ['web'] }),
    put(world, 'notes/login', 'password reset'),
  );
  world.pass(1_000);
  await writeAlone(
    world,
    'bob',
    putWith(world, 'tasks/3', 'login page', { tags: ['urgent'], entities: ['Bob'] }),
  );
  return world;
}

describe('a list', () => {
  test.each<[ListRequest, string[]]>([
    [{}, ['notes/login', 'tasks/1', 'tasks/2', 'tasks/3']],
    [{ prefix: 'tasks' }, ['tasks/1', 'tasks/2', 'tasks/3']],
    [{ prefix: 'task' }, []],
    [{ pattern: '*/1' }, ['tasks/1']],
    [{ tags: ['web'] }, ['tasks/1', 'tasks/2']],
    [{ tags: ['web', 'urgent'] }, ['tasks/1']],
    [{ entities: ['Bob'] }, ['tasks/1', 'tasks/3']],
    [{ author: 'bob' as ListRequest['author'] }, ['tasks/3']],
    [{ tags: ['urgent'], pattern: 'tasks/*', author: 'ann' as ListRequest['author'] }, ['tasks/1']],
    [{ tags: ['Urgent'] }, []],
  ])('of %o', async (request, keys) => {
    expect(await list(await library(), request)).toEqual(keys);
  });

  test('of what changed since a place in the log, or a time', async () => {
    const world = await library();
    const head = await world.ports.log.head(SPACE);
    if (!head) throw new Error('not open');
    const at = (seq: number) => ({ changedSince: { cursor: { ...head, seq: [seq] } } });
    expect(await list(world, at(2))).toEqual(['notes/login', 'tasks/3']);
    expect(await list(world, at(4))).toEqual([]);
    expect(await list(world, { changedSince: { timeMs: world.now() - 1 } })).toEqual(['tasks/3']);
    expect(await list(world, { changedSince: { cursor: { epoch: 'other', seq: [1] } } })).toBe('bad-cursor');
  });

  test('leaves out what is deleted or has expired, swept or not', async () => {
    const world = await library();
    await writeAlone(world, 'ann', del(world, 'tasks/2'), putWith(world, 'tasks/4', 'login', { ttlMs: 10 }));
    expect(await list(world, { prefix: 'tasks' })).toEqual(['tasks/1', 'tasks/3', 'tasks/4']);
    world.pass(10);
    expect(await list(world, { prefix: 'tasks' })).toEqual(['tasks/1', 'tasks/3']);
    expect(await search(world, 'tasks login')).toEqual(['tasks/1', 'tasks/3']);
    await expireEntries(world.ports);
    expect(await search(world, 'tasks login')).toEqual(['tasks/1', 'tasks/3']);
  });

  test('of a space that nobody has written to is empty', async () => {
    expect(await list(makeWorld(), {})).toEqual([]);
  });
});

describe('a search', () => {
  test.each([
    ['login', ['notes/login', 'tasks/1', 'tasks/3']],
    ['LOGIN fix', ['tasks/1']],
    ['bob', ['tasks/1', 'tasks/3']],
    ['urgent page', ['tasks/3']],
    ['log', []],
    ['…', 'bad-request'],
  ])('for %j', async (text, keys) => {
    expect(await search(await library(), text)).toEqual(keys);
  });
});

describe('grants', () => {
  test('narrow what is found (I8)', async () => {
    const world = await library();
    const own: readonly Grant[] = [{ pattern: 'notes/**', access: 'read' }];
    const one: readonly Grant[] = [{ pattern: '*/3', access: 'write' }];
    expect([await list(world, {}, own), await search(world, 'login', own)]).toEqual([
      ['notes/login'],
      ['notes/login'],
    ]);
    expect([await list(world, {}, one), await search(world, 'login', one)]).toEqual([
      ['tasks/3'],
      ['tasks/3'],
    ]);
    expect(await list(world, { prefix: 'tasks' }, own)).toEqual([]);
    expect(await list(world, {}, [])).toEqual([]);
  });

  test('let no page name a key that may not be read (I8)', async () => {
    const world = makeWorld();
    const writer = await join(world, 'ann');
    const keys = Array.from({ length: 12 }, (_, i) => `team/${i % 4 ? 'secret' : 'open'}-${i}/x`);
    await send(world, writer, batchOf(...keys.map((key) => put(world, key, 'word'))));
    const { ports } = world;
    // Small stretches: each of the index's answers ends at some key, mostly at one of the others.
    const find: typeof ports.index.find = async (query) => ports.index.find({ ...query, limit: 1 });
    const small = { ...ports, index: { find } };
    const caller = reader(world, [{ pattern: 'team/open-*/x', access: 'read' }]);
    const found: string[] = [];
    let page: string | undefined;
    do {
      const answered = answerOf(await listEntries(small, caller, { limit: 2, ...(page && { page }) }));
      found.push(...answered.entries.map(({ key }) => key));
      page = answered.page;
      if (page) expect(Buffer.from(page, 'base64url').toString()).not.toContain('secret');
    } while (page);
    expect(found).toEqual(['team/open-0/x', 'team/open-4/x', 'team/open-8/x']);
  });
});

describe('pages', () => {
  async function manyEntries(count: number, bytes: number) {
    const world = makeWorld();
    const writer = await join(world, 'ann');
    for (let i = 0; i < count; i++) {
      await send(
        world,
        writer,
        batchOf(put(world, `k/${String(i).padStart(3, '0')}`, 'w '.repeat(bytes / 2))),
      );
    }
    return world;
  }

  test.each([
    { limit: 7, bytes: 10 },
    { limit: 500, bytes: 40_000 }, // a frame holds three of them
  ])('give each entry once: $limit at a time, of $bytes bytes', async ({ limit, bytes }) => {
    const world = await manyEntries(20, bytes);
    const keys: string[] = [];
    let page: string | undefined;
    do {
      const answered = answerOf(
        await searchEntries(world.ports, reader(world), {
          text: 'w',
          limit,
          ...(page && { page }),
        }),
      );
      expect(JSON.stringify(answered).length).toBeLessThan(128 * 1024);
      expect(answered.entries.length).toBeLessThanOrEqual(limit);
      keys.push(...answered.entries.map(({ key }) => key));
      page = answered.page;
    } while (page);
    expect(keys).toEqual(Array.from({ length: 20 }, (_, i) => `k/${String(i).padStart(3, '0')}`));
  });

  test('belong to their question and its grants', async () => {
    const world = await manyEntries(3, 10);
    const first = await listEntries(world.ports, reader(world), { prefix: 'k', limit: 1 });
    const page = first.ok ? (first.value.page as string) : '';
    expect(await list(world, { prefix: 'k', limit: 2, page })).toEqual(['k/001', 'k/002']);
    expect(await list(world, { pattern: 'k/*', page })).toBe('bad-cursor');
    expect(await list(world, { prefix: 'k', page }, [{ pattern: 'k/*', access: 'read' }])).toEqual([
      'k/001',
      'k/002',
    ]);
    expect(await list(world, { prefix: 'k', page }, [{ pattern: 'k/002', access: 'read' }])).toBe(
      'bad-cursor',
    );
    expect(await list(world, { prefix: 'k', page: 'nonsense' })).toBe('bad-cursor');
  });
});

test('one entry is read with the same request; a missing one is no error, a hidden one is', async () => {
  const world = await library();
  const get = async (key: string, grants?: readonly Grant[]) =>
    keysOf(await read(world.ports, reader(world, grants), { get: key }));
  expect(await get('tasks/1')).toEqual(['tasks/1']);
  expect(await get('nothing')).toEqual([]);
  expect(await get('tasks/1', [{ pattern: 'notes/**', access: 'read' }])).toBe('forbidden');
});
