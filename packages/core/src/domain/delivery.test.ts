import type { Ack, ClientId, Grant, Outcome } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import type { Commit } from './commit.ts';
import { deliver, deliverAll, redact } from './delivery.ts';
import { eventOf, logOf } from './writing.fixture.ts';

const events = [eventOf('open/a', 1), eventOf('secret/b', 2), eventOf('open/c', 3)];
const commit = logOf([eventOf('x', 0)], events)[1]?.commit as Commit;
const keysFor = (...grants: Grant[]) => deliver(commit, grants, 1).events.map(({ key }) => key);

test('a reader with all grants gets the commit as it is', () => {
  expect(deliver(commit, [{ pattern: '**', access: 'read' }], 1)).toEqual({
    partition: 0,
    seq: 2,
    prev: 1,
    author: 'ann',
    events,
  });
});

test('events outside the read grants are left out, the others keep their order', () => {
  expect(keysFor({ pattern: 'open/*', access: 'read' })).toEqual(['open/a', 'open/c']);
  expect(keysFor({ pattern: 'secret/**', access: 'admin' }, { pattern: 'open/c', access: 'write' })).toEqual([
    'secret/b',
    'open/c',
  ]);
});

test('a commit of which nothing is readable is delivered empty: it leaves no gap', () => {
  expect(deliver(commit, [{ pattern: 'other', access: 'admin' }], 1)).toEqual({
    partition: 0,
    seq: 2,
    prev: 1,
    author: 'ann',
    events: [],
  });
  expect(keysFor()).toEqual([]);
});

test('what a writer asked for and was told stays between it and the log', () => {
  expect(deliver(commit, [{ pattern: '**', access: 'admin' }], 1)).not.toHaveProperty('mutation');
});

describe('consecutive commits', () => {
  const log = logOf(
    [eventOf('a/1', 1)],
    [eventOf('b/1', 2)],
    [eventOf('b/2', 3), eventOf('a/2', 3)],
    [eventOf('c', 4)],
    [eventOf('a', 5)],
  );
  const grants: Grant[] = [{ pattern: '**', access: 'read' }];
  const chain = (topics: string[], before: number, isOwn: (seq: number) => boolean = () => false) =>
    deliverAll(log, { grants, topics }, before, isOwn).map(({ seq, prev }) => [seq, prev]);

  test('are delivered by topic, each with the one of its topics before it', () => {
    expect(chain(['a'], 0)).toEqual([
      [1, 0],
      [3, 1],
      [5, 3],
    ]);
    expect(chain(['b/2', 'c'], 0)).toEqual([
      [3, 0],
      [4, 3],
    ]);
    expect(chain([], 0)).toEqual([]);
  });

  test('of everything each follow the one before', () => {
    expect(chain(['**'], 0)).toEqual([1, 2, 3, 4, 5].map((seq) => [seq, seq - 1]));
  });

  test('include the own ones, which the others do not wait for', () => {
    expect(chain(['a'], 0, (seq) => seq === 2 || seq === 4)).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 3],
      [5, 3],
    ]);
  });
});

test('an ack hides the entries that the connection may not read, and keeps the outcomes (I8)', () => {
  const current = (key: string) => ({ ...eventOf(key, 1), partition: 0, seq: 1 });
  const conflict = (key: string): Outcome => ({
    status: 'refused',
    code: 'conflict',
    message: 'another version',
    current: current(key),
  });
  const outcomes: Outcome[] = [conflict('open/a'), conflict('secret/b'), { status: 'unchanged' }];
  const ack: Ack = { client: 'outbox' as ClientId, n: 1, outcomes, shared: 1 };
  expect(redact(ack, [{ pattern: '**', access: 'read' }])).toBe(ack);
  const redacted = redact(ack, [{ pattern: 'open/**', access: 'read' }]);
  expect(redacted.outcomes).toEqual([
    outcomes[0],
    { status: 'refused', code: 'conflict', message: 'another version' },
    outcomes[2],
  ]);
});
