import { expect, test } from 'vitest';
import { perSecond } from './gateway-limits.ts';

test('a second holds its limit, and room comes back with time', () => {
  let nowMs = 0;
  const admit = perSecond(4, () => nowMs);
  const admitted = () => Array.from({ length: 10 }, admit).filter(Boolean).length;
  expect(admitted()).toBe(4);
  nowMs = 500;
  expect(admitted()).toBe(2);
  nowMs = 60_000; // never more than one second's worth
  expect(admitted()).toBe(4);
});
