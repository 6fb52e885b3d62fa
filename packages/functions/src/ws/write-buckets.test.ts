import { expect, test } from 'vitest';
import { writeBuckets } from './write-buckets.ts';

test('a connection may write twice its rate at once, then as fast as the bucket fills', () => {
  const take = writeBuckets(10);
  const at = (nowMs: number, count: number) => Array.from({ length: count }, () => take('a', nowMs));
  expect(at(0, 20)).toEqual(Array(20).fill(0));
  expect(take('a', 0)).toBe(100);
  expect(take('a', 50)).toBe(50);
  expect(take('a', 100)).toBe(0);
  expect(take('a', 100)).toBe(100);
  expect(at(60_000, 21).filter((waitMs) => waitMs > 0)).toHaveLength(1);
});

test('others are not concerned, and a clock that goes back empties nothing', () => {
  const take = writeBuckets(1);
  expect([take('a', 1_000), take('a', 1_000), take('a', 1_000) > 0]).toEqual([0, 0, true]);
  expect(take('b', 0)).toBe(0);
  expect(take('b', -5_000)).toBe(0);
});
