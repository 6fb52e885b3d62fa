import type { RateLimits } from '@mnemon/core';

/** So many windows are kept before those that are over are looked for. */
const CLEAR_ABOVE = 10_000;

/** Windows of this process, for all functions of one machine. */
export function memoryRateLimits({ now = Date.now }: { now?: () => number } = {}): RateLimits {
  const windows = new Map<string, { count: number; endsAtMs: number }>();
  return {
    async count(name, windowMs) {
      const nowMs = now();
      if (windows.size > CLEAR_ABOVE) {
        for (const [each, { endsAtMs }] of windows) if (endsAtMs <= nowMs) windows.delete(each);
      }
      const running = windows.get(name);
      const window = running && running.endsAtMs > nowMs ? running : { count: 0, endsAtMs: nowMs + windowMs };
      window.count += 1;
      windows.set(name, window);
      return { count: window.count, endsInMs: window.endsAtMs - nowMs };
    },
  };
}
