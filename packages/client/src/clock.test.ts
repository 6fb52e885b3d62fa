import { expect, test } from 'vitest';
import { createTimer } from './clock.ts';

test('a timer never runs out early because the time is longer than the platform can wait', () => {
  const delays: number[] = [];
  const clock = {
    now: () => 0,
    setTimeout: (_: () => void, delayMs: number) => delays.push(delayMs),
    clearTimeout: () => {},
  };
  const timer = createTimer(clock, () => {});
  for (const delayMs of [5, 2 ** 31, Number.POSITIVE_INFINITY]) timer.set(delayMs);
  expect(delays).toEqual([5, 2 ** 31 - 1, 2 ** 31 - 1]);
});
