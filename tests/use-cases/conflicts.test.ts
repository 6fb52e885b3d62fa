import {
  conflictStats,
  getConflict,
  getPolicies,
  listConflicts,
  type Pause,
  resolveConflict,
  setPolicies,
  snapshotAndCompact,
} from '@mnemon/core';
import { DEFAULT_RETENTION, type Entry, type Grant, type Op, type Policy } from '@mnemon/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { AT, attach, batchOf, makeWorld, put, SPACE, send, type World } from './world.ts';

const ADMIN: Grant[] = [{ pattern: '**', access: 'admin' }];
const pause: Pause = async () => {};
let world: World;
beforeEach(() => {
  world = makeWorld();
});

const as = (name: string, grants?: Grant[]) => attach(world, name, grants ? { grants } : {}).caller;
const govern = (...policies: Policy[]) => setPolicies(world.ports, as('root', ADMIN), policies);
const write = async (name: string, op: Op) => {
  expect(await send(world, attach(world, name), batchOf(op))).toBeUndefined();
};
const stored = async (key: string): Promise<Entry> => {
  const loaded = await world.ports.log.load({ ...AT, keys: [key], mutations: [] });
  return loaded?.entries.get(key) as Entry;
};
const list = (more: object = {}, grants = ADMIN) =>
  listConflicts(world.ports, as('reader', grants), { limit: 10, ...more });

describe('policies', () => {
  test('are set by those who administer everything, also before anybody has written', async () => {
    const policies: Policy[] = [{ pattern: 'lists/**', strategy: 'array-merge', ttlMs: 5_000 }];
    expect(await govern(...policies)).toEqual({ ok: true, value: policies });
    expect(await getPolicies(world.ports, as('reader'))).toEqual(policies);
    for (const grants of [[{ pattern: '**', access: 'write' }], [{ pattern: 'a/**', access: 'admin' }]]) {
      const refused = await setPolicies(world.ports, as('eve', grants as Grant[]), []);
      expect(refused).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    }
    expect(await setPolicies(world.ports, as('root', ADMIN), [{ pattern: 'a//b' }])).toMatchObject({
      ok: false,
    });
  });

  test('the first that matches names strategy and lifetime; a write may name its own', async () => {
    await govern(
      { pattern: 'lists/*', strategy: 'array-merge', ttlMs: 5_000 },
      { pattern: '**', strategy: 'max-value' },
    );
    await write('ann', put(world, 'lists/a', ['x']));
    await write('bob', put(world, 'lists/a', ['y']));
    expect(await stored('lists/a')).toMatchObject({ value: ['x', 'y'], expiresAtMs: world.now() + 5_000 });
    await write('cleo', { ...put(world, 'lists/a', ['z']), strategy: 'last-write-wins', ttlMs: 9 } as Op);
    expect(await stored('lists/a')).toMatchObject({ value: ['z'], expiresAtMs: world.now() + 9 });
    await write('ann', put(world, 'n', 5));
    await write('bob', put(world, 'n', 3));
    expect((await stored('n')).value).toBe(5);
    const { conflicts } = await list();
    expect(conflicts.map(({ strategy, pattern }) => [strategy, pattern])).toEqual([
      ['max-value', '**'],
      ['last-write-wins', undefined],
      ['array-merge', 'lists/*'],
    ]);
  });
});

describe('the upkeep of a space', () => {
  test('forgets conflicts that were resolved longer ago than retention, and none that somebody still has to', async () => {
    await govern({ pattern: 'open', strategy: 'custom' });
    for (const key of ['settled', 'open']) {
      await write('ann', put(world, key, 1));
      await write('bob', put(world, key, 2));
    }
    const kept = async () => {
      await snapshotAndCompact(world.ports, SPACE);
      return (await list()).conflicts.map(({ key }) => key);
    };
    world.pass(DEFAULT_RETENTION.logMs - 1);
    expect(await kept()).toEqual(['open', 'settled']);
    world.pass(1);
    expect(await kept()).toEqual(['open']);
    expect(await conflictStats(world.ports, as('reader', ADMIN))).toMatchObject({
      value: { byStrategy: [{ name: 'custom', count: 1 }] },
    });
    expect((await stored('open')).siblings).toHaveLength(2);
  });
});

describe('a deep merge', () => {
  test('knows from the log what each writer had read: what one deleted and the other left alone stays deleted', async () => {
    await govern({ pattern: '**', strategy: 'object-merge' });
    await write('ann', put(world, 'k', { a: 1, b: 1, c: 1 }));
    const base = await stored('k');
    const read = { seen: base.clock, seenSeq: base.seq };
    world.pass(10);
    await write('bob', put(world, 'k', { b: 2, c: 1 }, read)); // a is gone
    world.pass(10);
    await write('cleo', put(world, 'k', { a: 1, b: 1, c: 3 }, read));
    expect((await stored('k')).value).toEqual({ b: 2, c: 3 });
  });

  test('without knowing it, takes all fields of the later write as written', async () => {
    await govern({ pattern: '**', strategy: 'object-merge' });
    await write('ann', put(world, 'k', { a: 1, b: 1 }));
    const { clock: seen } = await stored('k');
    await write('bob', put(world, 'k', { b: 2 }, { seen }));
    world.pass(10);
    await write('cleo', put(world, 'k', { a: 1, b: 1, c: 3 }, { seen, seenSeq: 77 }));
    expect((await stored('k')).value).toEqual({ a: 1, b: 1, c: 3 });
  });
});

describe('a counter', () => {
  test('loses no change, whoever puts, increments or restarts', async () => {
    await govern({ pattern: '**', strategy: 'counter' });
    const increment = (by: number): Op => ({
      op: 'increment',
      key: 'n',
      seen: {},
      hlc: { wallMs: world.now(), counter: 0 },
      by,
    });
    await write('ann', put(world, 'n', 10));
    const base = await stored('n');
    await write('bob', increment(5));
    await write('restarted', increment(-2));
    await write('ann', increment(1));
    await write('cleo', put(world, 'n', 11, { seen: base.clock, seenSeq: base.seq })); // one more than it had read
    expect((await stored('n')).value).toBe(15);
    await write('bob', put(world, 'n', 'text'));
    expect((await list()).conflicts[0]).toMatchObject({ type: 'type-mismatch', strategy: 'counter' });
  });
});

describe('siblings', () => {
  const conflictOf = async () => (await list({ status: 'open' })).conflicts[0];
  beforeEach(async () => {
    await govern({ pattern: '**', strategy: 'custom' });
    await write('ann', put(world, 'k', 'tea'));
    world.pass(5);
    await write('bob', put(world, 'k', 'milk'));
  });

  test('stand side by side, the later shown, and the conflict is open', async () => {
    const entry = await stored('k');
    expect(entry.value).toBe('milk');
    expect(entry.siblings?.map(({ author, value }) => [author, value])).toEqual([
      ['bob', 'milk'],
      ['ann', 'tea'],
    ]);
    expect(await conflictOf()).toMatchObject({
      outcome: 'siblings',
      stored: { value: 'tea', author: 'ann' },
      arrived: { value: 'milk', author: 'bob' },
    });
  });

  test('are closed by whoever merges them, once', async () => {
    const { id } = (await conflictOf()) as { id: string };
    const admin = as('cleo', ADMIN);
    expect(
      await resolveConflict(world.ports, pause, admin, id, { value: 'tea with milk', expectedVersion: 1 }),
    ).toMatchObject({ ok: false });
    const resolved = await resolveConflict(world.ports, pause, admin, id, {
      value: 'tea with milk',
      tags: ['agreed'],
    });
    expect(resolved).toEqual({ ok: true, value: { status: 'applied', version: 3 } });
    const entry = await stored('k');
    expect(entry).toMatchObject({ value: 'tea with milk', tags: ['agreed'], author: 'cleo' });
    expect(entry.siblings).toBeUndefined();
    expect(await getConflict(world.ports, admin, id)).toMatchObject({
      value: { status: 'resolved', outcome: 'merged', resolvedBy: { instanceId: 'cleo', version: 3 } },
    });
    const [commit] = await world.ports.log.commits({ ...AT, afterSeq: 2, limit: 1 });
    expect(commit?.commit.events[0]).toMatchObject({
      type: 'merged',
      merged: { sides: [{ author: 'bob' }, { author: 'ann' }] },
    });
    const again = await resolveConflict(world.ports, pause, admin, id, { value: 1 });
    expect(again).toMatchObject({ ok: false, error: { code: 'conflict' } });
  });

  test('a writer that has seen one of them replaces that one', async () => {
    await write('ann', put(world, 'k', 'coffee'));
    const values = (await stored('k')).siblings?.map(({ value }) => value);
    expect(values?.toSorted()).toEqual(['coffee', 'milk']);
  });

  test('may not be resolved without the grant to write, nor seen without the one to read', async () => {
    const { id } = (await conflictOf()) as { id: string };
    const reader = as('eve', [{ pattern: '**', access: 'read' }]);
    expect(await resolveConflict(world.ports, pause, reader, id, { value: 1 })).toMatchObject({
      value: { status: 'refused', code: 'forbidden' },
    });
    const stranger = [{ pattern: 'other/**', access: 'admin' }] satisfies Grant[];
    expect(await getConflict(world.ports, as('eve', stranger), id)).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
    expect(await list({}, stranger)).toEqual({ conflicts: [] });
    expect(await conflictStats(world.ports, as('eve', stranger))).toMatchObject({
      ok: false,
      error: { code: 'forbidden' },
    });
  });
});

test('conflicts are listed page by page, by pattern, and counted', async () => {
  for (const key of ['a/1', 'b/1', 'a/2', 'a/3']) {
    await write('ann', put(world, key, 1));
    await write('bob', put(world, key, 2));
  }
  const first = await list({ pattern: 'a/*', limit: 2 });
  expect(first.conflicts.map(({ key }) => key)).toEqual(['a/3', 'a/2']);
  const second = await list({ pattern: 'a/*', limit: 2, page: first.page });
  expect(second.conflicts.map(({ key }) => key)).toEqual(['a/1']);
  expect(second.page).toBeUndefined();
  const stats = await conflictStats(world.ports, as('root', ADMIN));
  expect(stats).toMatchObject({
    value: { byStrategy: [{ name: 'last-write-wins', count: 4 }], byPair: [{ name: 'ann bob', count: 4 }] },
  });
});
