import { type Clock, createTimer } from './clock.ts';

/** While at least this many batches share a commit, the space is written by many at once … */
const SHARED_IS_HIGH = 4;
/** … and gathering 1 ms per sharing batch, at most this long, makes fewer and larger ones. */
export const MAX_GATHER_MS = 20;

/** Whether it pays to let the next batch gather a little longer. */
export interface Gathering {
  readonly isOn: boolean;
  /** An ack said that its commit holds so many batches. */
  hear(shared: number): void;
  stop(): void;
}

/** `onOver` is called each time the gathering has taken its time. */
export function createGathering(clock: Clock, onOver: () => void): Gathering {
  let isOn = false;
  const timer = createTimer(clock, () => {
    isOn = false;
    onOver();
  });

  function stop(): void {
    timer.clear();
    isOn = false;
  }

  function hear(shared: number): void {
    stop();
    if (shared < SHARED_IS_HIGH) return;
    isOn = true;
    timer.set(Math.min(shared, MAX_GATHER_MS));
  }

  return {
    get isOn() {
      return isOn;
    },
    hear,
    stop,
  };
}
