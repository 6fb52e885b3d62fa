import { LRUCache } from 'lru-cache';
import type { Tell } from './events.ts';
import type { Counters } from './metrics.ts';

/** Of so many keys, the version that was told last is remembered: a merge is heard of by its ack and as a change. */
const KEYS = 1_000;

export interface Conflicts {
  found(key: string, version: number, type: 'merged' | 'refused'): void;
}

export function createConflicts(counters: Pick<Counters, 'conflicts'>, tell: Tell): Conflicts {
  const told = new LRUCache<string, number>({ max: KEYS });
  return {
    found(key, version, type) {
      if (type === 'merged') {
        if ((told.get(key) ?? 0) >= version) return;
        told.set(key, version);
      }
      counters.conflicts++;
      tell('conflict', { key, type, version });
    },
  };
}
