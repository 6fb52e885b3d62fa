import { LIMITS } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';

const TOMBSTONES_PER_PAGE = 500;
/** So that it ends well within its invocation. */
const TURN_MS = 20_000;

/**
 * Forgets tombstones that nothing can meet any more, and answers how many: a write that is as old as they are is refused as
 * `too-old`, so whatever is still taken is later than the deletion, with or without its tombstone. Bounded in time; may
 * run twice at once. The log keeps its events.
 */
export async function cleanUp(ports: Pick<Ports, 'lifetimes' | 'clock'>): Promise<number> {
  const startMs = ports.clock.now();
  // Another server's clock may be behind this one's.
  const untilMs = startMs - LIMITS.writeAgeMs - LIMITS.clockAheadMs;
  let count = 0;
  while (ports.clock.now() < startMs + TURN_MS) {
    const tombstones = await ports.lifetimes.tombstones({ untilMs, limit: TOMBSTONES_PER_PAGE });
    await ports.lifetimes.forget(tombstones);
    count += tombstones.length;
    if (tombstones.length < TOMBSTONES_PER_PAGE) break;
  }
  return count;
}
