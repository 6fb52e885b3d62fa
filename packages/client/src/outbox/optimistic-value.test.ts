import type { Op } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { valueAfter } from './optimistic-value.ts';

const fields = { key: 'k', seen: {}, hlc: { wallMs: 1, counter: 0 } };
const put = (value: never): Op => ({ op: 'put', ...fields, value });
const increment = (by: number): Op => ({ op: 'increment', ...fields, by });
const remove: Op = { op: 'delete', ...fields };
const change = (more: object): Op => ({ op: 'change-set', ...fields, ...more });

test.each([
  ['increments, on a counter that is there', [increment(2), increment(-1)], 5, 6],
  ['an increment of nothing', [increment(2)], undefined, 2],
  ['an increment after a put, whatever was below', [put(1 as never), increment(2)], 'text', 3],
  ['an increment of text, which will be refused', [increment(2)], 'text', 'text'],
  [
    'additions and removals',
    [change({ add: ['b', 'a'] }), change({ remove: ['c'] })],
    ['a', 'c'],
    ['a', 'b'],
  ],
  ['an item that is removed and added at once', [change({ add: ['a'], remove: ['a'] })], undefined, ['a']],
  ['a deletion after all', [increment(1), remove], 5, undefined],
])('%s', (_, ops, below, value) => {
  expect(valueAfter(ops, below)).toEqual(value);
});
