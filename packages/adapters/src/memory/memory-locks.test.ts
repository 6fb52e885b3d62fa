import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { embeddedStore } from './embedded-store.ts';

const lock = { space: 'team' as SpaceId, name: 'lock' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function newStore(): Promise<() => Promise<number>> {
  const { locks, log } = embeddedStore();
  await log.open(lock.space, 'epoch');
  const by = { instanceId: 'a' as InstanceId, connectionId: 'connection', attempt: 'attempt' };
  return async () => {
    const acquired = await locks.acquire(lock, by, { leaseMs: 60_000, waitMs: 0 });
    if (!acquired?.granted) throw new Error('it is free');
    await locks.release({ ...lock, instanceId: by.instanceId, token: acquired.token });
    return acquired.token;
  };
}

test('fencing tokens grow although the clock goes back (I7)', async () => {
  const hold = await newStore();
  const first = await hold();
  vi.setSystemTime(Date.now() - 60_000);
  expect(await hold()).toBeGreaterThan(first);
});

test('fencing tokens go on where the store was lost (I7)', async () => {
  const hold = await newStore();
  await hold();
  const last = await hold();
  vi.advanceTimersByTime(60_000);
  const holdAnew = await newStore();
  expect(await holdAnew()).toBeGreaterThan(last);
});
