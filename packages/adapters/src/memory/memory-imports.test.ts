import type { SpaceId } from '@mnemon/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { embeddedStore } from './embedded-store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const space = 'team' as SpaceId;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('parts of an export are forgotten a day after the last of them came', async () => {
  const { imports } = embeddedStore();
  const put = (number: number) => imports.putPart(space, { upload: 'u', number }, 'text', Date.now());
  const first = () => imports.part(space, { upload: 'u', number: 0 });
  await put(0);
  vi.advanceTimersByTime(DAY_MS - 1);
  await put(1);
  vi.advanceTimersByTime(DAY_MS - 1);
  expect(await first()).toBe('text');
  vi.advanceTimersByTime(1);
  expect(await first()).toBeUndefined();
});
