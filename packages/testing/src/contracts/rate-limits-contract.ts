import { randomUUID } from 'node:crypto';
import type { RateLimits } from '@mnemon/core';
import { describe, expect, test, vi } from 'vitest';

const LONG_MS = 60_000;

/** What every counter of windows must keep. */
export function rateLimitsContract(name: string, makeRateLimits: () => RateLimits): void {
  describe(`rate limits: ${name}`, () => {
    test('a window counts from 1 on, and tells when it ends', async () => {
      const [limits, window] = [makeRateLimits(), randomUUID()];
      const counted = [await limits.count(window, LONG_MS), await limits.count(window, LONG_MS)];
      expect(counted.map(({ count }) => count)).toEqual([1, 2]);
      for (const { endsInMs } of counted) {
        expect(endsInMs).toBeGreaterThan(0);
        expect(endsInMs).toBeLessThanOrEqual(LONG_MS);
      }
    });

    test('names count for themselves', async () => {
      const [limits, window] = [makeRateLimits(), randomUUID()];
      await limits.count(window, LONG_MS);
      expect(await limits.count(`${window}:b`, LONG_MS)).toMatchObject({ count: 1 });
    });

    test('of 50 counts at once none is lost', async () => {
      const [limits, window] = [makeRateLimits(), randomUUID()];
      const counted = await Promise.all(Array.from({ length: 50 }, () => limits.count(window, LONG_MS)));
      expect(Math.max(...counted.map(({ count }) => count))).toBe(50);
    });

    test('a window that is over begins anew, and counting on does not lengthen one', async () => {
      const [limits, window] = [makeRateLimits(), randomUUID()];
      await limits.count(window, 300);
      await vi.waitFor(
        async () => expect(await limits.count(window, 300)).toMatchObject({ count: 1 }),
        5_000,
      );
    });
  });
}
