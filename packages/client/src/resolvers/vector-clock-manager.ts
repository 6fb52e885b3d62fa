import { type Causality, compare, merge, type VectorClock } from '@mnemon/protocol';

/**
 * A vector clock of one instance. Entries have theirs from the server; this is for an application's own order of events.
 *
 * @example
 * const clock = new VectorClockManager('worker-1');
 * clock.increment(); // { 'worker-1': 1 }
 * clock.compare({ 'worker-2': 1 }); // 'concurrent'
 */
export class VectorClockManager {
  readonly instanceId: string;
  #clock: VectorClock;

  constructor(instanceId: string, clock: VectorClock = {}) {
    this.instanceId = instanceId;
    this.#clock = clock;
  }

  /** A snapshot. */
  get clock(): VectorClock {
    return this.#clock;
  }

  /** Counts one more event of this instance. */
  increment(): VectorClock {
    const counter = Object.hasOwn(this.#clock, this.instanceId)
      ? (this.#clock[this.instanceId] as number)
      : 0;
    this.#clock = { ...this.#clock, [this.instanceId]: counter + 1 };
    return this.#clock;
  }

  /** Has seen what `other` has, from now on. */
  merge(other: VectorClock): VectorClock {
    this.#clock = merge(this.#clock, other);
    return this.#clock;
  }

  /** How this clock stands to `other`: `before` when that includes all of this one and more. */
  compare(other: VectorClock): Causality {
    return compare(this.#clock, other);
  }
}
