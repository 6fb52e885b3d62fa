import { LIMITS } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';
import type { Tickets } from '../ports/tickets.ts';

const ROWS_PER_PAGE = 500;
/** So that it ends well within its invocation. */
const TURN_MS = 20_000;

/** How many of each went. */
export interface CleanedUp {
  tickets: number;
  tombstones: number;
  instances: number;
}

/**
 * Forgets what has outlived its retention: tickets that have expired, tombstones, and instances that were not heard of for so
 * long that none of their writes would be taken any more. Bounded in time; may run twice at once. The log keeps its
 * events.
 */
export async function cleanUp(
  ports: Pick<Ports, 'lifetimes' | 'clock'> & { tickets: Tickets },
): Promise<CleanedUp> {
  const { clock, lifetimes, tickets } = ports;
  const startMs = clock.now();
  const inPages = async (page: () => Promise<number>): Promise<number> => {
    let count = 0;
    while (clock.now() < startMs + TURN_MS) {
      const gone = await page();
      count += gone;
      if (gone < ROWS_PER_PAGE) break;
    }
    return count;
  };
  // A write that is as old as a tombstone is refused as `too-old`, so whatever is still taken is later than the deletion,
  // with or without it. Another server's clock may be behind this one's.
  const untilMs = startMs - LIMITS.writeAgeMs - LIMITS.clockAheadMs;
  return {
    tickets: await inPages(() => tickets.dropExpired(startMs, ROWS_PER_PAGE)),
    tombstones: await inPages(() => forgetTombstones(lifetimes, untilMs)),
    instances: await inPages(() => lifetimes.forgetInstances({ untilMs, limit: ROWS_PER_PAGE })),
  };
}

async function forgetTombstones(lifetimes: Ports['lifetimes'], untilMs: number): Promise<number> {
  const tombstones = await lifetimes.tombstones({ untilMs, limit: ROWS_PER_PAGE });
  await lifetimes.forget(tombstones);
  return tombstones.length;
}
