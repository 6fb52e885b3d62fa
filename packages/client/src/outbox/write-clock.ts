import { HYBRID_ZERO, type HybridTime, latest, tick } from '@mnemon/protocol';

/** The hybrid logical clock of this client: later than everything it has heard of, whatever the machine's clock says. */
export interface WriteClock {
  /** The time of a write that happens now. */
  next(): HybridTime;
  hear(time: HybridTime): void;
  /** The latest time that it knows of. */
  readonly latest: HybridTime;
}

export function createWriteClock(nowMs: () => number): WriteClock {
  let last = HYBRID_ZERO;
  return {
    next: () => (last = tick(last, nowMs())),
    hear: (time) => {
      last = latest(last, time);
    },
    get latest() {
      return last;
    },
  };
}
