import { vi } from 'vitest';

/** Looks again and again until `assertion` holds; after twenty seconds it fails with what the last look found. */
export const eventually = <Value>(assertion: () => Value | Promise<Value>): Promise<Value> =>
  vi.waitFor(assertion, { timeout: 20_000, interval: 20 });
