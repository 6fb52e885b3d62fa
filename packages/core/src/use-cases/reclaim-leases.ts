import type { Ports } from '../ports/ports.ts';
import { drainInbox } from './group-commit.ts';

/** Longer than a holder's lease: one that is alive has seen what waits by then. */
const WAITED_MS = 3_000;
const PARTITIONS_PER_PAGE = 100;
/** So that it ends well within its invocation, which may begin a last partition at the end of its turn. */
const TURN_MS = 10_000;

/**
 * Commits the batches that a holder of the write lease left behind when it died: where nobody writes any more and no writer
 * comes back, nobody else would. Answers in how many partitions. Bounded in time; may run twice at once, and beside any
 * writer: each of them has to get the lease.
 */
export async function reclaimLeases(ports: Ports): Promise<number> {
  const endMs = ports.clock.now() + TURN_MS;
  const failures: unknown[] = [];
  let count = 0;
  for (const at of await ports.inbox.stranded(WAITED_MS, PARTITIONS_PER_PAGE)) {
    if (ports.clock.now() >= endMs) break;
    try {
      if (await drainInbox(ports, at)) count++;
    } catch (error) {
      failures.push(error); // the others do not wait for this one
    }
  }
  if (failures.length > 0) throw failures[0];
  return count;
}
