import { LIMITS } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';
import type { Tickets } from '../ports/tickets.ts';

const ROWS_PER_PAGE = 500;
/** So that it ends well within its invocation. */
const TURN_MS = 20_000;

/** How many of each went. */
export interface CleanedUp {
  tickets: number;
  instances: number;
}

/**
 * Forgets what has outlived its retention: tickets that have expired, and instances that were not heard of for so long that
 * none of their writes would be taken any more. Bounded in time; may run twice at once. Tombstones go with the log.
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
  // Another server's clock may be behind this one's.
  const untilMs = startMs - LIMITS.writeAgeMs - LIMITS.clockAheadMs;
  return {
    tickets: await inPages(() => tickets.dropExpired(startMs, ROWS_PER_PAGE)),
    instances: await inPages(() => lifetimes.forgetInstances({ untilMs, limit: ROWS_PER_PAGE })),
  };
}
