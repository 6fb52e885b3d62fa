import type { Grant } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import type { Commit } from './commit.ts';
import { deliver } from './delivery.ts';
import { eventOf, logOf } from './writing.fixture.ts';

const events = [eventOf('open/a', 1), eventOf('secret/b', 2), eventOf('open/c', 3)];
const commit = logOf([eventOf('x', 0)], events)[1]?.commit as Commit;
const keysFor = (...grants: Grant[]) => deliver(commit, grants).events.map(({ key }) => key);

test('a reader with all grants gets the commit as it is', () => {
  expect(deliver(commit, [{ pattern: '**', access: 'read' }])).toEqual({
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
  expect(deliver(commit, [{ pattern: 'other', access: 'admin' }])).toEqual({
    partition: 0,
    seq: 2,
    prev: 1,
    author: 'ann',
    events: [],
  });
  expect(keysFor()).toEqual([]);
});

test('what a writer asked for and was told stays between it and the log', () => {
  expect(deliver(commit, [{ pattern: '**', access: 'admin' }])).not.toHaveProperty('mutation');
});
