import { LIMITS, type VectorClock } from '@mnemon/protocol';
import { LRUCache } from 'lru-cache';

/** The highest counters of the instances that were heard of last, no more of them than one clock holds. */
export interface LatestCounters {
  hear(clock: VectorClock): void;
  read(): VectorClock;
}

export function createLatestCounters(): LatestCounters {
  const highest = new LRUCache<string, number>({ max: LIMITS.clockCounters });
  return {
    hear(clock) {
      for (const [instance, counter] of Object.entries(clock)) {
        highest.set(instance, Math.max(counter, highest.peek(instance) ?? 0));
      }
    },
    read: () => Object.fromEntries([...highest.keys()].map((name) => [name, highest.peek(name) ?? 0])),
  };
}
