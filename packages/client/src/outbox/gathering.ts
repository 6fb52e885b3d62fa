import { type Clock, createTimer } from '../clock.ts';

/** While at least this many batches share a commit, the space is written by many at once … */
const SHARED_IS_HIGH = 4;
/** … and gathering 1 ms per sharing batch, at most this long, makes fewer and larger ones. */
export const MAX_GATHER_MS = 20;

/** Whether the next batch gathers a little longer, because of when the last one left or how the service is doing. */
export interface Gathering {
  readonly isOn: boolean;
  /** A batch leaves: the next one gathers for the interval. */
  begin(): void;
  /** An ack said that its commit holds so many batches. */
  hear(shared: number): void;
  stop(): void;
}

/**
 * What is written while nothing was sent for `intervalMs` never waits. `onOver` is called each time the gathering has
 * taken its time.
 */
export function createGathering(clock: Clock, intervalMs: number, onOver: () => void): Gathering {
  let isOn = false;
  const timer = createTimer(clock, () => {
    isOn = false;
    onOver();
  });

  function gather(ms: number): void {
    isOn = true;
    timer.set(ms);
  }

  function stop(): void {
    timer.clear();
    isOn = false;
  }

  return {
    get isOn() {
      return isOn;
    },
    begin() {
      if (intervalMs > 0) gather(intervalMs);
      else stop();
    },
    hear(shared) {
      if (shared >= SHARED_IS_HIGH && !isOn) gather(Math.min(shared, MAX_GATHER_MS));
    },
    stop,
  };
}
