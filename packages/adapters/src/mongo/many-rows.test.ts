import { expect, test } from 'vitest';
import { manyRows } from './many-rows.ts';

test('is remembered for a minute, and of a thousand leads at most', () => {
  let nowMs = 0;
  const many = manyRows(() => nowMs);
  many.add('first');
  expect([many.has('first'), many.has('another')]).toEqual([true, false]);
  nowMs = 60_000;
  expect(many.has('first')).toBe(false);
  for (let i = 0; i < 1_001; i++) many.add(`lead ${i}`);
  expect([many.has('lead 0'), many.has('lead 1'), many.has('lead 1000')]).toEqual([false, true, true]);
});
