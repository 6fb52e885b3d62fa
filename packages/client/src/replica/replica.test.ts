import type { Delivery, Entry } from '@mnemon/protocol';
import { beforeEach, expect, test } from 'vitest';
import { createReplica, MAX_TOMBSTONES, type Replica } from './replica.ts';

const tombstone = (key: string, seq: number): Entry => ({
  key,
  version: 2,
  clock: { w: 2 },
  hlc: { wallMs: seq, counter: 0 },
  author: 'w' as Entry['author'],
  partition: 0,
  seq,
});
const commit = (seq: number, type: 'created' | 'deleted', key: string): Delivery => {
  const { seq: _, partition, ...version } = tombstone(key, seq);
  const event = { type, ...version, ...(type === 'created' && { value: seq }) };
  return { partition, seq, prev: seq - 1, author: version.author, events: [event] };
};

let replica: Replica;
beforeEach(() => {
  replica = createReplica('me');
});

test('only the newest deletions are remembered, however many keys come and go', () => {
  for (let seq = 1; seq <= MAX_TOMBSTONES; seq++) replica.apply(commit(seq, 'deleted', `k${seq}`));
  replica.apply(commit(MAX_TOMBSTONES + 1, 'created', 'k1'));
  replica.apply(commit(MAX_TOMBSTONES + 2, 'deleted', 'more'));
  expect(replica.get('k2'), 'k1 exists again and made room').toMatchObject({ clock: { w: 2 } });
  replica.apply(commit(MAX_TOMBSTONES + 3, 'deleted', 'still/more'));
  expect(replica.get('k2')).toBeUndefined();
  expect(replica.get('k3')).toMatchObject({ clock: { w: 2 } });
  expect(replica.live().map(({ key }) => key)).toEqual(['k1']);
});

test('a deletion that the log has not reached yet is remembered: what was before it changes nothing', () => {
  const ahead = 2 * MAX_TOMBSTONES;
  replica.replace([tombstone('gone', ahead), tombstone('long/gone', 1)]);
  for (let seq = 2; seq <= MAX_TOMBSTONES + 2; seq++) replica.apply(commit(seq, 'deleted', `k${seq}`));
  expect(replica.get('long/gone')).toBeUndefined();
  expect(replica.apply(commit(MAX_TOMBSTONES + 3, 'created', 'gone'))).toEqual([]);
  expect(replica.live()).toEqual([]);
});

test('a deletion of what is deleted already is remembered, and no change', () => {
  replica.apply(commit(1, 'created', 'k'));
  expect(replica.apply(commit(2, 'deleted', 'k'))).toMatchObject([{ type: 'deleted', key: 'k' }]);
  expect(replica.apply(commit(3, 'deleted', 'k'))).toEqual([]);
  expect(replica.get('k')).toMatchObject({ seq: 3 });
  expect(replica.apply(commit(4, 'deleted', 'never/seen'))).toEqual([]);
});
