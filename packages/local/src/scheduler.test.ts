import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startScheduler } from './scheduler.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('runs each again and again, also after a failure, never beside itself', async () => {
  const runs: { end(): void; fail(): void }[] = [];
  const run = () =>
    new Promise<void>((end, reject) => runs.push({ end, fail: () => reject(new Error('no')) }));
  const scheduler = startScheduler([{ everyMs: 100, run }]);
  await vi.advanceTimersByTimeAsync(99);
  expect(runs).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(301);
  expect(runs).toHaveLength(1);
  runs[0]?.fail();
  await vi.advanceTimersByTimeAsync(100);
  expect(runs).toHaveLength(2);
  runs[1]?.end();
  await scheduler.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(runs).toHaveLength(2);
});

test('closes when what is running has ended', async () => {
  let end = () => {};
  const run = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  const scheduler = startScheduler([{ everyMs: 100, run }]);
  await vi.advanceTimersByTimeAsync(100);
  let isClosed = false;
  const closing = scheduler.close().then(() => {
    isClosed = true;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(isClosed).toBe(false);
  end();
  await closing;
});
