import type { CaughtUpPayload, Cursor, Delivery, Entry } from '@mnemon/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { createLogFollower, type LogFollower } from './log-follower.ts';
import { createReplica, type Replica } from './replica.ts';

const EPOCH = 'e1';
const at = (seq: number, epoch = EPOCH): Cursor => ({ epoch, seq: [seq] });
const version = (key: string, value: string | undefined, n: number): Omit<Entry, 'seq' | 'partition'> => ({
  key,
  version: n,
  clock: { w: n },
  hlc: { wallMs: n, counter: 0 },
  author: 'w' as Entry['author'],
  ...(value && { value }),
});
const entry = (key: string, value: string | undefined, seq: number): Entry => ({
  ...version(key, value, seq),
  partition: 0,
  seq,
});
const commit = (seq: number, ...pairs: [key: string, value?: string][]) =>
  ({
    partition: 0,
    seq,
    prev: seq - 1,
    author: 'w',
    events: pairs.map(([key, value]) => ({
      type: value ? 'updated' : 'deleted',
      ...version(key, value, seq),
    })),
  }) as Delivery;
const statePage = (cursor: Cursor, entries: Entry[], page?: string): CaughtUpPayload => ({
  recovered: false,
  reason: 'no-cursor',
  cursor,
  entries,
  ...(page && { page }),
});
const logPage = (cursor: Cursor, commits: Delivery[], page?: string): CaughtUpPayload => ({
  recovered: true,
  cursor,
  commits,
  ...(page && { page }),
});

let replica: Replica;
let follower: LogFollower;
let changes: Change[];
const told = () => changes.splice(0).map(({ type, key, value }) => [type, key, value]);
const held = () => Object.fromEntries(replica.live().map(({ key, value }) => [key, value]));

beforeEach(() => {
  changes = [];
  replica = createReplica('me');
  follower = createLogFollower(replica, (news) => changes.push(...news));
});

/** Starts with `a: 1` at seq 1. */
function start(): void {
  expect(follower.takePage(statePage(at(1), [entry('a', '1', 1)]))).toBe('more');
  expect(follower.nextAsk()).toEqual({ cursor: at(1) });
  expect(follower.takePage(logPage(at(1), []))).toBe('done');
}

test('the first state is no change, and is whole only with its last page (I5)', () => {
  expect(follower.nextAsk()).toEqual({});
  expect(follower.takePage(statePage(at(2), [entry('a', '1', 1)], 'p2'))).toBe('more');
  expect(follower.nextAsk()).toEqual({ page: 'p2' });
  expect(held()).toEqual({});
  expect(follower.takePage(statePage(at(2), [entry('b', '2', 2)]))).toBe('more');
  expect(held()).toEqual({ a: '1', b: '2' });
  expect(told()).toEqual([]);
});

describe('pushed commits', () => {
  beforeEach(start);

  test('apply in order, wait when early, and change nothing the second time (I4, I10)', () => {
    follower.receive(EPOCH, [commit(4, ['a', '4'])]);
    follower.receive(EPOCH, [commit(3, ['a', '3'])]);
    expect(follower.cursor).toEqual(at(1));
    expect(follower.isBehind).toBe(true);
    expect(follower.headLag).toBe(3);
    follower.receive(EPOCH, [commit(2, ['b', '2'])]);
    follower.receive(EPOCH, [commit(3, ['a', 'again'])]);
    expect(told()).toEqual([
      ['updated', 'b', '2'],
      ['updated', 'a', '3'],
      ['updated', 'a', '4'],
    ]);
    expect(follower.isBehind).toBe(false);
  });

  test('of which parts are missing wait for them, and apply as one', () => {
    const part = (index: number, key: string) => ({ ...commit(2, [key, 'x']), part: { index, count: 2 } });
    follower.receive(EPOCH, [part(1, 'c'), part(1, 'c')]);
    expect(told()).toEqual([]);
    follower.receive(EPOCH, [commit(3, ['d', 'x']), part(0, 'b')]);
    expect(told().map(([, key]) => key)).toEqual(['b', 'c', 'd']);
  });

  test('whose predecessor this reader need not have apply at once', () => {
    follower.receive(EPOCH, [{ ...commit(7, ['b', '7']), prev: 1 }]);
    expect(follower.cursor).toEqual(at(7));
  });

  test('change a key twice in one commit, both in order', () => {
    follower.receive(EPOCH, [commit(2, ['a', 'x'], ['a', 'y'])]);
    expect(told().map(([, , value]) => value)).toEqual(['x', 'y']);
  });

  test('of another epoch are not applied, and mean that something is missing', () => {
    follower.receive('e2', [commit(2, ['a', 'foreign'])]);
    expect(held()).toEqual({ a: '1' });
    expect(follower.isBehind).toBe(true);
  });

  test('beyond what the buffer holds are dropped; the log still brings them', () => {
    for (let seq = 3; seq < 1_500; seq++) follower.receive(EPOCH, [commit(seq, ['a', `${seq}`])]);
    const missed = Array.from({ length: 1_498 }, (_, index) => commit(index + 2, ['a', `${index + 2}`]));
    expect(follower.takePage(logPage(at(1_499), missed))).toBe('done');
    expect(follower.isBehind).toBe(false);
    expect(changes.map(({ entry: { seq } }) => seq)).toEqual(missed.map(({ seq }) => seq));
  });
});

describe('catching up', () => {
  beforeEach(start);

  test('takes a commit that is cut between two pages as one', () => {
    const part = (index: number, key: string) => ({ ...commit(3, [key, 'x']), part: { index, count: 2 } });
    expect(follower.takePage(logPage(at(2), [commit(2, ['b', '2']), part(0, 'c')], 'p2'))).toBe('more');
    expect(follower.cursor).toEqual(at(2));
    expect(follower.takePage(logPage(at(3), [part(1, 'd')]))).toBe('done');
    expect(told().map(([, key]) => key)).toEqual(['b', 'c', 'd']);
  });

  test('never applies past a hole in an answer (I4)', () => {
    expect(follower.takePage(logPage(at(3), [commit(3, ['a', '3'])]))).toBe('broken');
    expect(follower.cursor).toEqual(at(1));
    expect(follower.nextAsk()).toEqual({ cursor: at(1) });
  });

  test('goes on with what was pushed meanwhile', () => {
    follower.receive(EPOCH, [commit(3, ['c', '3'])]);
    expect(follower.takePage(logPage(at(2), [commit(2, ['b', '2'])]))).toBe('done');
    expect(follower.cursor).toEqual(at(3));
  });

  test('a reload replaces everything and tells what that changed (I5)', () => {
    follower.receive(EPOCH, [commit(2, ['b', '2']), commit(3, ['c', '3'])]);
    told();
    const rewritten = { ...entry('b', 'new', 2), hlc: { wallMs: 99, counter: 0 } };
    const state = [entry('a', '1', 1), rewritten, entry('d', '4', 4)];
    expect(follower.takePage(statePage(at(4, 'e2'), state))).toBe('more');
    expect(told()).toEqual([
      ['deleted', 'c', undefined],
      ['updated', 'b', 'new'],
      ['created', 'd', '4'],
    ]);
    expect(follower.reloads).toBe(1);
    expect(held()).toEqual({ a: '1', b: 'new', d: '4' });
  });

  test('the log after a state that is newer than its cursor changes nothing twice', () => {
    follower.takePage(statePage(at(3), [entry('a', '5', 5), entry('b', '2', 2)]));
    told();
    const rest = [commit(4, ['b', '4']), commit(5, ['a', '5']), commit(6, ['a'])];
    expect(follower.takePage(logPage(at(6), rest))).toBe('done');
    expect(told()).toEqual([
      ['updated', 'b', '4'],
      ['deleted', 'a', undefined],
    ]);
  });

  test('a state that pushes have overtaken is not gone back to (I4)', () => {
    follower.receive(EPOCH, [commit(2, ['a', '2']), commit(3, ['a', '3'])]);
    const late = { ...statePage(at(2), [entry('a', '2', 2)]), reason: 'too-far' } as CaughtUpPayload;
    expect(follower.takePage(late)).toBe('more');
    expect(held()).toEqual({ a: '3' });
    expect(follower.nextAsk()).toEqual({ cursor: at(3) });
  });

  test('pushes wait while the pages of a state come in', () => {
    follower.takePage(statePage(at(3), [entry('a', '3', 3)], 'p2'));
    follower.receive(EPOCH, [commit(2, ['a', '2']), commit(4, ['a', '4'])]);
    expect(follower.cursor).toEqual(at(1));
    follower.takePage(statePage(at(3), []));
    expect(follower.cursor).toEqual(at(4));
    expect(told().map(([, , value]) => value)).toEqual(['3', '4']);
  });

  test('a log that ends before the cursor is followed from its end on', () => {
    follower.receive(EPOCH, [commit(2, ['a', '2']), commit(3, ['a', '3'])]);
    const shorter = { ...statePage(at(2), [entry('a', '2', 2)]), reason: 'past-head' } as CaughtUpPayload;
    expect(follower.takePage(shorter)).toBe('more');
    expect(follower.takePage(logPage(at(2), []))).toBe('done');
    expect(held()).toEqual({ a: '2' });
    expect(follower.isBehind).toBe(false);
  });

  test('a half-done answer is given up as a whole', () => {
    follower.takePage(statePage(at(9), [entry('z', '9', 9)], 'p2'));
    follower.restart();
    expect(follower.nextAsk()).toEqual({ cursor: at(1) });
    expect(held()).toEqual({ a: '1' });
  });
});

test('a head beyond the cursor shows that the last frame was lost (I4)', () => {
  start();
  follower.hear(at(1));
  expect(follower.isBehind).toBe(false);
  follower.hear(at(2));
  expect(follower.isBehind).toBe(true);
});
