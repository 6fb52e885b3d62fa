import type { CaughtUpPayload, Cursor, Delivery, Entry } from '@mnemon/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { createLogFollower } from './create-log-follower.ts';
import type { LogFollower } from './log-follower.ts';
import { createReplica, type Replica } from './replica.ts';
import { createTopics, type Topics } from './topics.ts';

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
let topics: Topics;
let changes: Change[];
const told = () => changes.splice(0).map(({ type, key, value }) => [type, key, value]);
const held = () => Object.fromEntries(replica.live().map(({ key, value }) => [key, value]));

beforeEach(() => {
  changes = [];
  replica = createReplica('me');
  topics = createTopics(() => {});
  topics.want('**');
  follower = createLogFollower(replica, topics, (news) => changes.push(...news));
});

/** Starts with `a: 1` at seq 1. */
function start(): void {
  expect(follower.hello()).toEqual({ patterns: ['**'] });
  expect(follower.takePage(statePage(at(1), [entry('a', '1', 1)]))).toBe('more');
  expect(follower.nextAsk()).toEqual({ patterns: ['**'], cursor: at(1) });
  expect(follower.takePage(logPage(at(1), []))).toBe('done');
}

test('the first state is no change, and is whole only with its last page (I5)', () => {
  expect(follower.nextAsk()).toEqual({ patterns: ['**'] });
  expect(follower.takePage(statePage(at(2), [entry('a', '1', 1)], 'p2'))).toBe('more');
  expect(follower.nextAsk()).toEqual({ page: 'p2', patterns: ['**'] });
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
    expect(follower.nextAsk()).toEqual({ patterns: ['**'], cursor: at(1) });
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
    expect(follower.nextAsk()).toEqual({ patterns: ['**'], cursor: at(3) });
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
    expect(follower.nextAsk()).toEqual({ patterns: ['**'], cursor: at(1) });
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

describe('of some topics', () => {
  const follows = (prev: number, delivery: Delivery): Delivery => ({ ...delivery, prev });
  const joined = (cursor: Cursor, entries: Entry[], more: object = {}): CaughtUpPayload => ({
    recovered: false,
    reason: 'subscribed',
    cursor,
    entries,
    ...more,
  });

  /** Holds `a` at seq 3, and wants `b` as well. */
  beforeEach(() => {
    topics = createTopics(() => {});
    topics.want('a');
    follower = createLogFollower(replica, topics, (news) => changes.push(...news));
    expect(follower.hello()).toEqual({ patterns: ['a/**'] });
    follower.takePage(statePage(at(3), [entry('a/1', '3', 3), entry('b/1', 'x', 2)]));
    follower.takePage(logPage(at(3), []));
    topics.want('b/*');
  });

  test('what the server sends beside them is not kept', () => {
    expect(held()).toEqual({ 'a/1': '3' });
    follower.receive(EPOCH, [commit(4, ['b/1', '4'], ['a/2', '4'])]);
    expect(held()).toEqual({ 'a/1': '3', 'a/2': '4' });
    expect(told()).toEqual([['updated', 'a/2', '4']]);
  });

  test('commits follow by what came before them, however far apart they are', () => {
    follower.receive(EPOCH, [follows(7, commit(9, ['a/1', '9']))]);
    expect(follower.isBehind).toBe(true);
    follower.receive(EPOCH, [follows(3, commit(7, ['a/1', '7']))]);
    expect(follower.cursor).toEqual(at(9));
    expect(told().map(([, , value]) => value)).toEqual(['7', '9']);
    follower.receive(EPOCH, [follows(3, commit(7, ['a/1', 'again']))]);
    expect(told()).toEqual([]);
  });

  test('an own commit of another topic moves the cursor only when it is its turn', () => {
    follower.receive(EPOCH, [follows(5, commit(6, ['z', '6']))]);
    expect(follower.cursor).toEqual(at(3));
    follower.receive(EPOCH, [follows(3, commit(5, ['a/1', '5']))]);
    expect(follower.cursor).toEqual(at(6));
    expect(held()).toEqual({ 'a/1': '5' });
  });

  test('a heartbeat moves the cursor to the head, unless a commit of the topics is missing (I4)', () => {
    follower.hearBeat(at(8), at(3));
    expect(follower.cursor).toEqual(at(8));
    expect(follower.isBehind).toBe(false);
    follower.hearBeat(at(12), at(10));
    expect(follower.cursor).toEqual(at(8));
    expect(follower.isBehind).toBe(true);
  });

  test('more are joined with their state, and the log that came with it takes the others along', () => {
    expect(follower.joinAsk()).toEqual({ patterns: ['b/**'], cursor: at(3) });
    const state = [entry('b/1', 'x', 6)];
    const commits = [follows(3, commit(5, ['a/1', '5'], ['b/1', 'old']))];
    expect(follower.takePage(joined(at(7), state, { commits }))).toBe('done');
    expect(follower.cursor).toEqual(at(7));
    expect(held()).toEqual({ 'a/1': '5', 'b/1': 'x' });
    expect(topics.held).toEqual(['a', 'b']);
    follower.receive(EPOCH, [follows(7, commit(9, ['b/1', '9']))]);
    expect(held()).toEqual({ 'a/1': '5', 'b/1': '9' });
  });

  test('what is pushed meanwhile stays where it is newer than the state, and goes where it is older', () => {
    follower.joinAsk();
    follower.receive(EPOCH, [
      follows(3, commit(5, ['b/old', '5'])),
      follows(5, commit(8, ['b/new', '8'], ['a/1', '8'])),
    ]);
    follower.receive(EPOCH, [follows(8, commit(9, ['b/1']))]);
    expect(follower.takePage(joined(at(6), [entry('b/1', 'x', 2)], { commits: [] }))).toBe('done');
    expect(held()).toEqual({ 'a/1': '8', 'b/new': '8' });
    expect(follower.cursor).toEqual(at(9));
    expect(told().slice(-1)).toEqual([['deleted', 'b/old', undefined]]);
  });

  test('the state may be ahead: what the log then tells of it is known', () => {
    follower.joinAsk();
    expect(follower.takePage(joined(at(9), [entry('b/1', 'x', 8)]))).toBe('more');
    expect(follower.nextAsk()).toEqual({ patterns: ['a/**', 'b/**'], cursor: at(3) });
    const log = [follows(3, commit(5, ['b/gone', '5'], ['a/1', '5'])), follows(5, commit(10, ['b/1', '10']))];
    expect(follower.takePage(logPage(at(10), log))).toBe('done');
    expect(held()).toEqual({ 'a/1': '5', 'b/1': '10' });
    expect(told().map(([, key]) => key)).toEqual(['a/1', 'b/1']);
  });

  test('a join that is given up leaves nothing behind', () => {
    follower.joinAsk();
    follower.takePage(joined(at(6), [entry('b/1', 'x', 6)], { page: 'p2' }));
    expect(follower.nextAsk()).toEqual({ page: 'p2', patterns: ['b/**'] });
    follower.receive(EPOCH, [follows(3, commit(7, ['b/2', '7']))]);
    follower.restart();
    expect(held()).toEqual({ 'a/1': '3' });
    expect(follower.nextAsk()).toEqual({ patterns: ['a/**'], cursor: at(7) });
  });

  test('a state of another epoch joins nothing: everything is asked for again', () => {
    follower.joinAsk();
    expect(follower.takePage(joined(at(6, 'e2'), [entry('b/1', 'x', 6)]))).toBe('more');
    expect(follower.nextAsk()).toEqual({ patterns: ['a/**'], cursor: at(3) });
  });
});
