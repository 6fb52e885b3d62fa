import { appendOf } from '../domain/plan-commits.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { loadFor } from './load.ts';
import { planFor } from './plan-for.ts';
import { publish } from './publish.ts';

const LEASE_MS = 2_000;
/** Before each wait for posts, which a recipient that does not answer holds up for a good second. */
const RENEW_AFTER_MS = LEASE_MS / 4;
/** A holder offers the lease to others after this long. It goes on when nobody takes it: what waits needs no resend. */
const TURN_MS = 5_000;
/** And gives way for good after this long, so that it ends well within its invocation. */
const TENURE_MS = 20_000;
const BATCHES_PER_ROUND = 64;
/** Writers see the lease and keep out, so who loses this often in a row is up against a transaction that nobody ends. */
const MAX_CONFLICTS = 10;

/**
 * Commits what waits in the inbox, if nobody else is at it. Answers whether this call was the one. What a dead holder
 * leaves behind waits for its lease to run out, then for the next writer, a resend, or the sweep of leases.
 */
export async function drainInbox(ports: Ports, at: PartitionId): Promise<boolean> {
  const holder = ports.randomId();
  const endMs = ports.clock.now() + TENURE_MS;
  let drained = false;
  while (await ports.inbox.acquireLease(at, holder, LEASE_MS)) {
    try {
      const turnEndMs = Math.min(ports.clock.now() + TURN_MS, endMs);
      if (!(await commitRounds(ports, at, holder, turnEndMs))) return false;
    } finally {
      await ports.inbox.releaseLease(at, holder);
    }
    drained = true;
    // Who put a batch in while the lease was still held has left it to us: look once more.
    const left = await ports.inbox.list(at, 1);
    if (left.length === 0 || ports.clock.now() >= endMs) break;
  }
  return drained;
}

/** False when it could not get through; what waits is then sent again by its writers. */
async function commitRounds(
  ports: Ports,
  at: PartitionId,
  holder: string,
  untilMs: number,
): Promise<boolean> {
  let renewedAtMs = ports.clock.now();
  let conflicts = 0;
  let publishing = Promise.resolve();
  try {
    while (ports.clock.now() < untilMs) {
      const waiting = await ports.inbox.list(at, BATCHES_PER_ROUND);
      if (waiting.length === 0) return true;
      // Loaded with their mutations: one may have been committed by a writer that took the fast path (I6).
      const loaded = await loadFor(ports, at, waiting, true);
      const plan = await planFor(ports, loaded, waiting, at);
      if (plan.commits.length === 0) await ports.inbox.remove(at, plan.settled);
      else if ((await ports.log.append(appendOf(plan))) === 'conflict') {
        if (++conflicts === MAX_CONFLICTS) return false;
        continue;
      }
      conflicts = 0;
      let isHolder = true;
      if (ports.clock.now() - renewedAtMs > RENEW_AFTER_MS) {
        renewedAtMs = ports.clock.now();
        isHolder = await ports.inbox.acquireLease(at, holder, LEASE_MS);
      }
      // The next round may commit while this one is being posted; readers put the order right.
      await publishing;
      publishing = publish(ports, plan);
      publishing.catch(() => {}); // awaited below; not unhandled meanwhile
      if (!isHolder) return true;
    }
    return true;
  } finally {
    await publishing;
  }
}
