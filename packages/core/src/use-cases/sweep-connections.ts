import type { Connection, ReachedRow } from '../ports/connections.ts';
import type { Ports } from '../ports/ports.ts';
import { settleGone } from './disconnect.ts';
import { eachOf } from './each-of.ts';

const ROWS_PER_PAGE = 1_000;
/** Each takes five calls of three backends. */
const AT_ONCE = 16;
/** So that it ends well within its invocation. */
const TURN_MS = 20_000;

export interface SweptConnections {
  swept: number;
  /** Rows that stay, as far as it got. */
  connected: number;
}

/**
 * Ends the connections that were not heard of for too long, and counts the others: API Gateway tells of most that break off,
 * not of all. Bounded in time, and may run twice at once. What fails for one keeps nothing from the others; the failure is
 * thrown in the end.
 */
export async function sweepConnections(ports: Ports): Promise<SweptConnections> {
  const startMs = ports.clock.now();
  const failures: unknown[] = [];
  let [swept, looked] = [0, 0];
  let after: ReachedRow | undefined;
  do {
    const nowMs = ports.clock.now();
    const page = await ports.connections.stale({ nowMs, after, limit: ROWS_PER_PAGE });
    const { rows } = page;
    looked += page.looked;
    for (const end of await eachOf(rows, AT_ONCE, (row) => endStale(ports, row, nowMs))) {
      if (end.status === 'rejected') failures.push(end.reason);
      else if (end.value) swept++;
    }
    after = page.reached;
  } while (after && ports.clock.now() < startMs + TURN_MS);
  if (failures.length > 0) throw failures[0];
  return { swept, connected: looked - swept };
}

/** Whether it was this call that ended it. */
async function endStale(ports: Ports, connection: Connection, nowMs: number): Promise<boolean> {
  // Whoever was heard of meanwhile stays, and of two sweeps one goes on. Its program, if it is alive, is told
  // `not-connected` by its next frame and connects anew.
  if (!(await ports.connections.removeStale(connection, nowMs))) return false;
  await settleGone(ports, connection, connection.lastSeenAtMs);
  await ports.fanout.close(connection.connectionId);
  return true;
}
