import { type JsonValue, LIMITS } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { decideBatch } from './decide-batch.ts';
import { batchOf, del, entryAfter, NOW_MS, PLAIN, put, writer } from './writing.fixture.ts';

const at = { ...PLAIN, partition: 0, seq: 7 };
const ann = writer('ann', [{ pattern: 'mine/*', access: 'write' }]);
const mine = (value: JsonValue, more = {}) => put(value, { key: 'mine/a', ...more });

test('each operation meets what the ones before it made', () => {
  const batch = batchOf(
    'c',
    1,
    mine(1),
    mine(2),
    del({ key: 'mine/a' }),
    mine(3),
    mine(4, { expectedVersion: 4 }),
  );
  const { events, outcomes, entries } = decideBatch(new Map(), batch, ann, at);
  expect(events.map(({ type, version }) => [type, version])).toEqual([
    ['created', 1],
    ['updated', 2],
    ['deleted', 3],
    ['created', 4],
    ['updated', 5],
  ]);
  expect(outcomes).toEqual([1, 2, 3, 4, 5].map((version) => ({ status: 'applied', version })));
  expect(entries.get('mine/a')).toMatchObject({ value: 4, version: 5, seq: 7, partition: 0 });
});

test('an operation that is refused leaves the others alone, and outcomes are in the order of operations', () => {
  const given = new Map([['mine/b', { ...entryAfter(['ann', put('tea')]), key: 'mine/b' }]]);
  const batch = batchOf(
    'c',
    1,
    put(1, { key: 'theirs' }),
    mine(2),
    put(3, { key: 'mine/b', expectedVersion: 9 }),
    del({ key: 'mine/nothing' }),
    put('x'.repeat(70_000), { key: 'mine/b' }),
    put(4, { key: 'mine/b', atMs: 0 }),
  );
  const { events, outcomes, entries } = decideBatch(given, batch, ann, at);
  expect(outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status))).toEqual([
    'forbidden',
    'applied',
    'conflict',
    'unchanged',
    'value-too-large',
    'too-old',
  ]);
  expect(events.map(({ type, key }) => `${type} ${key}`)).toEqual(['created mine/a', 'deleted mine/nothing']);
  expect(entries.get('mine/b')).toBe(given.get('mine/b'));
  expect(given.has('mine/a')).toBe(false);
});

test('conflicts show the entries they met, as long as those stay small together', () => {
  const keys = Array.from({ length: 10 }, (_, i) => `mine/${i}`);
  const given = new Map(keys.map((key) => [key, { ...entryAfter(['bob', put('v'.repeat(5_000))]), key }]));
  const ops = keys.map((key) => put(1, { key, expectedVersion: 9 }));
  const { outcomes } = decideBatch(given, batchOf('c', 1, ...ops), ann, at);
  expect(outcomes.every((outcome) => outcome.status === 'refused' && outcome.code === 'conflict')).toBe(true);
  const shown = outcomes.map((outcome) => 'current' in outcome);
  expect(shown.slice(0, 4)).toEqual([true, true, true, true]);
  expect(shown.slice(-4)).toEqual([false, false, false, false]);
  expect(JSON.stringify(outcomes).length).toBeLessThan(40_000);
});

test.each([23_000, 32_000])(
  'the answer to the biggest batch fits one frame: a conflict with an entry of %i bytes, and 99 long keys refused',
  (bytes) => {
    const current = { ...entryAfter(['bob', put('v'.repeat(bytes))]), key: 'mine/a' };
    const ops = [mine(1, { expectedVersion: 9 })];
    const sizeOfFrame = () => JSON.stringify(batchOf('c', 1, ...ops)).length;
    for (let left = 99; left > 0; left--) {
      const roomBytes = (LIMITS.batchBytes - sizeOfFrame()) / left - 70;
      ops.push(del({ key: '"'.repeat(Math.floor(roomBytes / 2)), atMs: 0 }));
    }
    expect(sizeOfFrame()).toBeGreaterThan(LIMITS.batchBytes - 200);
    expect(ops.every(({ key }) => key.length <= LIMITS.keyBytes)).toBe(true);
    const { outcomes } = decideBatch(new Map([['mine/a', current]]), batchOf('c', 1, ...ops), ann, at);
    expect(outcomes).toHaveLength(100);
    expect(JSON.stringify(outcomes).length).toBeLessThan(LIMITS.frameBytes - 1024);
  },
);

test('a batch of small writes that lose against large entries makes no huge commit', () => {
  const keys = Array.from({ length: 100 }, (_, i) => `mine/${i}`);
  const large = entryAfter(['bob', put('v'.repeat(50_000), { atMs: NOW_MS + 1_000 })]);
  const given = new Map(keys.map((key) => [key, { ...large, key }]));
  const { events, outcomes } = decideBatch(
    given,
    batchOf('c', 1, ...keys.map((key) => put(1, { key }))),
    ann,
    at,
  );
  expect(JSON.stringify(events).length).toBeLessThan(1024 * 1024 + 1_000);
  expect(outcomes[0]).toMatchObject({ status: 'merged' });
  expect(outcomes[99]).toMatchObject({ status: 'refused', code: 'batch-too-large' });
  expect(outcomes.filter(({ status }) => status === 'merged')).toHaveLength(events.length);
});
