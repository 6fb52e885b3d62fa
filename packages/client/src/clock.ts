/** The longest that platforms wait: they call at once after more. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Time, and being called later. A cleared timer is never called. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** One timer of a name: setting it replaces what was set before. */
export interface Timer {
  set(delayMs: number): void;
  clear(): void;
}

/** A timer that calls `callback` each time it runs out. */
export function createTimer(clock: Clock, callback: () => void): Timer {
  let running: unknown;
  const clear = () => {
    if (running !== undefined) clock.clearTimeout(running);
    running = undefined;
  };
  return {
    set(delayMs) {
      clear();
      const expired = () => {
        running = undefined;
        callback();
      };
      running = clock.setTimeout(expired, Math.min(delayMs, MAX_DELAY_MS));
    },
    clear,
  };
}
