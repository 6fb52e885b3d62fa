import { diff, stateAt, takeSnapshot } from '@mnemon/core';
import type { Cursor, DiffRequest, Grant, JsonValue, Scope, StateRequest } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { worldWithCommits } from './long-log.ts';
import {
  AT,
  attach,
  batchOf,
  del,
  EVERYTHING,
  makeWorld,
  put,
  SPACE,
  send,
  type World,
  writeAlone,
} from './world.ts';

const ALL: Scope = { prefix: '' };

const as = (world: World, grants: readonly Grant[] = EVERYTHING) =>
  attach(world, 'reader', { grants }).caller;

async function cursorAt(world: World, seq: number): Promise<Cursor> {
  const head = await world.ports.log.head(SPACE);
  return { epoch: head?.epoch ?? '', seq: [seq] };
}

/** All pages of a state. */
async function state(world: World, request: StateRequest, grants = EVERYTHING) {
  const held: Record<string, JsonValue> = {};
  for (let page: string | undefined; ; ) {
    const answered = await stateAt(world.ports, as(world, grants), { ...request, ...(page && { page }) });
    const { entries, page: next } = answerOf(answered);
    for (const { key, value } of entries) held[key] = value as JsonValue;
    if (next === undefined) return held;
    expect(entries.length).toBeGreaterThan(0);
    page = next;
  }
}

const stateAtSeq = async (world: World, scope: Scope, seq: number, limit?: number) =>
  state(world, { scope, at: { cursor: await cursorAt(world, seq) }, ...(limit && { limit }) });

async function differences(world: World, request: DiffRequest, grants = EVERYTHING) {
  const found: Record<string, unknown> = {};
  for (let page: string | undefined; ; ) {
    const answered = await diff(world.ports, as(world, grants), { ...request, ...(page && { page }) });
    const { differences, page: next } = answerOf(answered);
    for (const { key, before, after, patch } of differences) {
      expect(found).not.toHaveProperty([key]);
      found[key] = [before?.value, after?.value, patch];
    }
    if (next === undefined) return found;
    page = next;
  }
}

const diffOfSeqs = async (world: World, scope: Scope, from: number, to: number, limit?: number) =>
  differences(world, {
    scope,
    from: { cursor: await cursorAt(world, from) },
    to: { cursor: await cursorAt(world, to) },
    ...(limit && { limit }),
  });

/** One commit a second: created, updated, deleted, created again, and others around. */
async function writtenWorld(): Promise<World> {
  const world = makeWorld();
  const steps = [
    put(world, 'tasks/1', 'open'), // 1
    put(world, 'tasks/2', 'open'), // 2
    put(world, 'tasks/1', 'done', { expectedVersion: 1 }), // 3
    put(world, 'users/ann', 1), // 4
    del(world, 'tasks/2', { expectedVersion: 1 }), // 5
    put(world, 'tasks', 'list'), // 6
    put(world, 'tasks/2', 'again', { expectedVersion: 0 }), // 7
  ];
  for (const step of steps) {
    await writeAlone(world, 'ann', step);
    world.pass(1000);
  }
  return world;
}

const HISTORY: Record<string, JsonValue>[] = [
  {},
  { 'tasks/1': 'open' },
  { 'tasks/1': 'open', 'tasks/2': 'open' },
  { 'tasks/1': 'done', 'tasks/2': 'open' },
  { 'tasks/1': 'done', 'tasks/2': 'open', 'users/ann': 1 },
  { 'tasks/1': 'done', 'users/ann': 1 },
  { 'tasks/1': 'done', 'users/ann': 1, tasks: 'list' },
  { 'tasks/1': 'done', 'users/ann': 1, tasks: 'list', 'tasks/2': 'again' },
];

describe('the state as it was', () => {
  test.each(HISTORY.map((held, seq) => ({ seq, held })))('at commit $seq', async ({ seq, held }) => {
    const world = await writtenWorld();
    for (const limit of [1, 2, 100]) expect(await stateAtSeq(world, ALL, seq, limit)).toEqual(held);
  });

  test.each(HISTORY.map((held, seq) => ({ seq, held })))(
    'at the time of commit $seq',
    async ({ seq, held }) => {
      const world = await writtenWorld();
      const timeMs = world.now() - (HISTORY.length - seq) * 1000;
      expect(await state(world, { scope: ALL, at: { timeMs } })).toEqual(held);
      expect(await state(world, { scope: ALL, at: { timeMs: timeMs + 999 } })).toEqual(held);
    },
  );

  test('of one key, and below a prefix', async () => {
    const world = await writtenWorld();
    expect(await stateAtSeq(world, { key: 'tasks' }, 6)).toEqual({ tasks: 'list' });
    expect(await stateAtSeq(world, { key: 'tasks' }, 5)).toEqual({});
    expect(await stateAtSeq(world, { prefix: 'tasks' }, 6)).toEqual({ 'tasks/1': 'done' });
    expect(await stateAtSeq(world, { key: 'tasks/2' }, 3)).toEqual({ 'tasks/2': 'open' });
  });

  test('stays what it was when its pages are read while others write', async () => {
    const world = await worldWithCommits(250);
    const before = await stateAtSeq(world, ALL, 250);
    const first = answerOf(await stateAt(world.ports, as(world), { scope: ALL, limit: 30 }));
    const client = attach(world, 'ann');
    await send(world, client, batchOf(...Object.keys(before).map((key) => put(world, key, 'new'))));
    const held = Object.fromEntries(first.entries.map(({ key, value }) => [key, value]));
    for (let page = first.page; page !== undefined; ) {
      const next = answerOf(await stateAt(world.ports, as(world), { scope: ALL, limit: 30, page }));
      expect(next.cursor).toEqual(first.cursor);
      for (const { key, value } of next.entries) held[key] = value;
      page = next.page;
    }
    expect(held).toEqual(before);
  });

  test('counts as deleted what had expired by then', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', { ...put(world, 'short', 1), ttlMs: 1500 } as ReturnType<typeof put>);
    const writtenAtMs = world.now();
    world.pass(1000);
    await writeAlone(world, 'ann', put(world, 'a', 1));
    world.pass(1000);
    await writeAlone(world, 'ann', put(world, 'b', 1));
    expect(await stateAtSeq(world, { key: 'short' }, 2)).toEqual({ short: 1 });
    expect(await stateAtSeq(world, { key: 'short' }, 3)).toEqual({});
    expect(await state(world, { scope: { key: 'short' }, at: { timeMs: writtenAtMs + 1499 } })).not.toEqual(
      {},
    );
    expect(await state(world, { scope: { key: 'short' }, at: { timeMs: writtenAtMs + 1500 } })).toEqual({});
    expect(await diffOfSeqs(world, { key: 'short' }, 2, 3)).toMatchObject({ short: [1, undefined, {}] });
  });

  test('costs reads in proportion to the keys asked for, whatever the log holds besides', async () => {
    const world = await worldWithCommits(4_000);
    let commitsRead = 0;
    const { log } = world.ports;
    const counting = {
      ...log,
      commits: async (at: Parameters<typeof log.commits>[0]) => {
        const read = await log.commits(at);
        commitsRead += read.length;
        return read;
      },
      newestCommitsOf: async (at: Parameters<typeof log.newestCommitsOf>[0]) => {
        const read = await log.newestCommitsOf(at);
        commitsRead += read.length;
        return read;
      },
    };
    const at = { cursor: await cursorAt(world, 1_000) };
    const ports = { ...world.ports, log: counting };
    const answered = await stateAt(ports, as(world), { scope: { key: 'k7' }, at });
    expect(answerOf(answered).entries).toMatchObject([{ key: 'k7', value: 907 }]);
    expect(commitsRead).toBe(2);
  });
});

describe('the difference between two moments', () => {
  test('is what became of each key, with a patch', async () => {
    const world = await writtenWorld();
    const expected = {
      'tasks/1': ['open', 'done', [{ op: 'replace', path: '/value', value: 'done' }]],
      'tasks/2': ['open', undefined, [{ op: 'remove', path: '/value' }]],
      tasks: [undefined, 'list', [{ op: 'add', path: '/value', value: 'list' }]],
      'users/ann': [undefined, 1, [{ op: 'add', path: '/value', value: 1 }]],
    };
    for (const limit of [1, 3, 100]) expect(await diffOfSeqs(world, ALL, 2, 6, limit)).toEqual(expected);
    expect(await diffOfSeqs(world, { prefix: 'users' }, 2, 6)).toEqual({
      'users/ann': expected['users/ann'],
    });
  });

  test.each(HISTORY.flatMap((_, from) => HISTORY.map((__, to) => ({ from, to }))))(
    'from commit $from to commit $to',
    async ({ from, to }) => {
      const [before = {}, after = {}] = [HISTORY[from], HISTORY[to]];
      const found = await diffOfSeqs(await writtenWorld(), ALL, from, to);
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (before[key] === after[key]) expect(found).not.toHaveProperty([key]);
        else expect(found[key]).toMatchObject([before[key], after[key], {}]);
      }
    },
  );

  test('has room in a frame: of two large versions, the later one', async () => {
    const world = makeWorld();
    await writeAlone(world, 'ann', put(world, 'k', 'a'.repeat(64_000)));
    await writeAlone(world, 'ann', put(world, 'k', 'b'.repeat(64_000), { expectedVersion: 1 }));
    const found = await diffOfSeqs(world, ALL, 1, 2);
    expect(found).toEqual({ k: [undefined, 'b'.repeat(64_000), undefined] });
  });
});

describe('only what may be read is told (I8)', () => {
  const grants: Grant[] = [{ pattern: 'tasks/*', access: 'read' }];

  test('of a prefix the readable part, of another key nothing', async () => {
    const world = await writtenWorld();
    const at = { cursor: await cursorAt(world, 6) };
    expect(await state(world, { scope: ALL, at, limit: 1 }, grants)).toEqual({ 'tasks/1': 'done' });
    const from = { cursor: await cursorAt(world, 0) };
    expect(Object.keys(await differences(world, { scope: ALL, from, to: at }, grants))).toEqual(['tasks/1']);
    await expect(state(world, { scope: { key: 'users/ann' }, at }, grants)).rejects.toThrow('forbidden');
    const scope = { key: 'users/ann' };
    await expect(differences(world, { scope, from, to: at }, grants)).rejects.toThrow('forbidden');
  });

  test('no page token names a key that may not be read', async () => {
    const world = makeWorld();
    const client = attach(world, 'ann');
    await send(world, client, batchOf(...Array.from({ length: 90 }, (_, i) => put(world, `hidden/${i}`, i))));
    await send(
      world,
      client,
      batchOf(...Array.from({ length: 60 }, (_, i) => put(world, `hidden/x${i}`, i))),
    );
    await writeAlone(world, 'ann', put(world, 'a', 1), put(world, 'z', 1));
    const some: Grant[] = [
      { pattern: 'a', access: 'read' },
      { pattern: 'z', access: 'read' },
    ];
    const first = answerOf(await stateAt(world.ports, as(world, some), { scope: ALL, limit: 1 }));
    expect(Buffer.from(first.page ?? '', 'base64url').toString()).not.toContain('hidden');
    expect(await state(world, { scope: ALL, limit: 1 }, some)).toEqual({ a: 1, z: 1 });
  });
});

/** 10 commits of a key each, compacted up to a snapshot, and another 10 of the same keys. */
async function compactedWorld(): Promise<World> {
  const world = makeWorld();
  const write = (value: string, expectedVersion: number) =>
    writeAlone(
      world,
      'ann',
      ...Array.from({ length: 10 }, (_, i) => put(world, `k/${i}`, `${value} ${i}`, { expectedVersion })),
    );
  await write('first', 0);
  await takeSnapshot(world.ports, AT);
  await write('second', 1);
  await world.ports.log.raiseFloor({ ...AT, seq: 10 });
  await world.ports.log.dropCommits({ ...AT, limit: 100 });
  return world;
}

describe('where the log was compacted', () => {
  test.each([10, 11, 15, 19, 20])(
    'the state at commit %i is found in a snapshot and the log',
    async (seq) => {
      const held = await stateAtSeq(await compactedWorld(), ALL, seq);
      const values = Array.from({ length: 10 }, (_, i) => `${i < seq - 10 ? 'second' : 'first'} ${i}`);
      expect(Object.values(held)).toEqual(values);
    },
  );

  test('so are the differences', async () => {
    const found = await diffOfSeqs(await compactedWorld(), ALL, 10, 12);
    expect(found).toMatchObject({ 'k/0': ['first 0', 'second 0', {}], 'k/1': ['first 1', 'second 1', {}] });
  });
});

describe('is refused', () => {
  const cases: [string, (world: World) => Promise<StateRequest['at']>, string][] = [
    ['a cursor of another epoch', async () => ({ cursor: { epoch: 'x', seq: [1] } }), 'bad-cursor'],
    ['a cursor past the head', async (world) => ({ cursor: await cursorAt(world, 8) }), 'bad-cursor'],
    [
      'a cursor of other partitions',
      async (world) => ({ cursor: { ...(await cursorAt(world, 1)), seq: [1, 1] } }),
      'bad-cursor',
    ],
  ];
  test.each(cases)('%s', async (_, moment, code) => {
    const world = await writtenWorld();
    const at = await moment(world);
    await expect(state(world, { scope: ALL, at })).rejects.toThrow(code);
    await expect(differences(world, { scope: ALL, from: at as DiffRequest['from'] })).rejects.toThrow(code);
  });

  test('a page of another kind, or of nobody', async () => {
    const world = await worldWithCommits(150);
    const { page: ofState } = answerOf(await stateAt(world.ports, as(world), { scope: ALL, limit: 1 }));
    const from = { cursor: await cursorAt(world, 0) };
    const { page: ofDiff } = answerOf(await diff(world.ports, as(world), { scope: ALL, from, limit: 1 }));
    for (const page of [ofDiff, 'x', '']) {
      const answered = await stateAt(world.ports, as(world), { scope: ALL, page });
      expect(answered.ok || answered.error.code).toBe('bad-cursor');
    }
    const answered = await diff(world.ports, as(world), { scope: ALL, from, page: ofState });
    expect(answered.ok || answered.error.code).toBe('bad-cursor');
  });

  test('a moment that compaction has taken, also while it was read', async () => {
    const world = await compactedWorld();
    const before = { cursor: await cursorAt(world, 5) };
    await expect(state(world, { scope: ALL, at: before })).rejects.toThrow('too-old');
    await expect(state(world, { scope: ALL, at: { timeMs: 0 } })).rejects.toThrow('too-old');
    await expect(differences(world, { scope: ALL, from: before })).rejects.toThrow('too-old');
    const { log } = world.ports;
    const at = { cursor: await cursorAt(world, 12) };
    const newestCommitsOf: typeof log.newestCommitsOf = async (asked) => {
      await log.raiseFloor({ ...AT, seq: 13 });
      return log.newestCommitsOf(asked);
    };
    const ports = { ...world.ports, log: { ...log, newestCommitsOf } };
    const answered = await stateAt(ports, as(world), { scope: ALL, at });
    expect(answered.ok || answered.error.code).toBe('too-old');
  });

  test('a space that nobody has opened', async () => {
    await expect(state(makeWorld(), { scope: ALL })).rejects.toThrow('not-found');
    const [{ space }, world] = [AT, makeWorld()];
    await world.ports.log.open(space, 'epoch');
    expect(await state(world, { scope: ALL })).toEqual({});
  });
});
