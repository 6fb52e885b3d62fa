import type { Delivery } from '@mnemon/protocol';
import { createPartialCommit, type PartialCommit } from './partial-commit.ts';

/** How many commits may wait. Beyond that all are dropped: catching up brings them anyway. */
const MAX_WAITING = 1_000;

/** Commits that came before their turn, and commits of which parts are missing. */
export interface EarlyArrivals {
  add(delivery: Delivery): void;
  /** Takes out, in order, the whole commits that follow `seq` of `partition` without a gap. */
  takeReady(partition: number, seq: number): Delivery[];
  clear(): void;
}

/** An empty, bounded waiting room. */
export function createEarlyArrivals(): EarlyArrivals {
  const waiting = new Map<number, Map<number, PartialCommit>>();
  let count = 0;

  const clear = () => {
    waiting.clear();
    count = 0;
  };

  function add(delivery: Delivery): void {
    const { partition, seq } = delivery;
    const known = waiting.get(partition)?.get(seq);
    if (!known && count >= MAX_WAITING) clear();
    const commit = known ?? createPartialCommit();
    commit.add(delivery);
    if (known) return;
    waiting.set(partition, (waiting.get(partition) ?? new Map()).set(seq, commit));
    count++;
  }

  function takeReady(partition: number, from: number): Delivery[] {
    const commits: Map<number, PartialCommit> = waiting.get(partition) ?? new Map();
    const ready: Delivery[] = [];
    let cursor = from;
    for (const seq of [...commits.keys()].sort((a, b) => a - b)) {
      if (seq > cursor) {
        const commit = commits.get(seq)?.whole();
        if (!commit || commit.prev > cursor) break; // I4: never past a gap
        ready.push(commit);
        cursor = seq;
      }
      commits.delete(seq);
      count--;
    }
    return ready;
  }

  return { add, takeReady, clear };
}
