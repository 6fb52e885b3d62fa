import { LIMITS } from '@mnemon/protocol';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';

const TOMBSTONES_PER_STEP = 500;

/**
 * Forgets the tombstones that the log no longer tells of, and answers how many. As long as it holds the deletion, the
 * tombstone stands for the key in every state of the past; and as long as a write is taken that may be older, the two have
 * to be compared. May be repeated, may run twice at once, and may die anywhere.
 */
export async function forgetTombstones(
  { log, lifetimes, clock }: Pick<Ports, 'log' | 'lifetimes' | 'clock'>,
  at: PartitionId,
): Promise<number> {
  const upToSeq = await log.floor(at);
  // Another server's clock may be behind this one's.
  const untilMs = clock.now() - LIMITS.writeAgeMs - LIMITS.clockAheadMs;
  const page = { ...at, upToSeq, untilMs, limit: TOMBSTONES_PER_STEP };
  let count = 0;
  for (let gone = TOMBSTONES_PER_STEP; upToSeq > 0 && gone === TOMBSTONES_PER_STEP; count += gone) {
    gone = await lifetimes.forgetTombstones(page);
  }
  return count;
}
