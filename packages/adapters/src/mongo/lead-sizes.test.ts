import { expect, test } from 'vitest';
import { leadSizes } from './lead-sizes.ts';

test('are remembered for a minute, and of a thousand leads at most', () => {
  let nowMs = 0;
  const sizes = leadSizes(() => nowMs);
  sizes.set('first', 'many');
  sizes.set('second', 'few');
  expect(['first', 'second', 'third'].map(sizes.get)).toEqual(['many', 'few', undefined]);
  nowMs = 59_999;
  sizes.set('second', 'many'); // it has grown
  nowMs = 60_000;
  expect(['first', 'second'].map(sizes.get)).toEqual([undefined, 'many']);
  for (let i = 0; i < 1_001; i++) sizes.set(`lead ${i}`, 'few');
  expect(['lead 0', 'lead 1', 'lead 1000'].map(sizes.get)).toEqual([undefined, 'few', 'few']);
});
