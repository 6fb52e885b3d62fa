import type { Entry, Op } from '@mnemon/protocol';
import type { Replica } from './replica.ts';

/** How many keys are remembered beside the replica. A forgotten one merely makes the next write a concurrent one. */
const MAX_KEYS = 10_000;

export type SeenVersion = Pick<Entry, 'clock' | 'seq'>;
type Version = Pick<Entry, 'key' | 'version' | 'clock' | 'seq'>;

/**
 * The newest version that this client knows of each key, by its clock and its place in the log: from the replica, and from what it was told
 * without following the log, in acks and conflicts.
 */
export interface SeenClocks {
  /** What this client has read of `key` when it writes now; nothing where it knows of no version. */
  of(key: string): SeenVersion | undefined;
  learn(version: Version): void;
  /** What was known when `op` was written, if nothing newer is. */
  recall(op: Op): void;
  forgetAll(): void;
}

export function createSeenClocks(replica: Replica): SeenClocks {
  const told = new Map<string, Version>();
  function learn({ key, version, clock, seq }: Version): void {
    if ((told.get(key)?.version ?? 0) > version) return;
    told.delete(key); // so that the oldest stays first
    told.set(key, { key, version, clock, seq });
    if (told.size > MAX_KEYS) told.delete(told.keys().next().value as string);
  }

  return {
    of(key) {
      const known = replica.get(key);
      const heard = told.get(key);
      return known && heard ? (known.version < heard.version ? heard : known) : (known ?? heard);
    },
    learn,
    recall({ key, seen, seenSeq }) {
      if (seenSeq !== undefined) learn({ key, version: 0, clock: seen, seq: seenSeq });
    },
    forgetAll: () => told.clear(),
  };
}
