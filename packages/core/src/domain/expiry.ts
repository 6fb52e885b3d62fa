import {
  type Entry,
  type HybridTime,
  hasExpired,
  type InstanceId,
  isLive,
  latest,
  type MemoryEvent,
  merge,
} from '@mnemon/protocol';
import type { Loaded, PartitionId } from '../ports/event-log.ts';
import { type MutationId, seal } from './commit.ts';
import { evolve } from './decide.ts';
import type { Plan } from './plan-commits.ts';
import type { StoredOp } from './stored-op.ts';

/** Who expires entries: the service itself. */
const SERVICE = 'mnemon:expiry' as InstanceId;

/**
 * What an operation meets where the entry has expired, be it swept or not: a deletion at the moment in which its lifetime
 * ended. Whoever writes later than that writes after it, so the key is created again; a write from before it, which
 * arrives late, is compared with it as with any deletion.
 */
export function meetExpiry(
  entry: Entry | undefined,
  op: StoredOp,
  nowMs: number,
): { entry: Entry | undefined; op: StoredOp } {
  if (!entry || !hasExpired(entry, nowMs)) return { entry, op };
  const isAfter = op.hlc.wallMs >= (entry.expiresAtMs ?? 0);
  const seen = isAfter ? merge(op.seen, entry.clock) : op.seen;
  return { entry: asExpired(entry), op: { ...op, seen } };
}

/** The entry without its value, its lifetime kept as the mark of how it ended. */
function asExpired({ key, version, clock, hlc, author, expiresAtMs = 0, partition, seq }: Entry): Entry {
  return { key, version, clock, hlc: endOf(hlc, expiresAtMs), author, expiresAtMs, partition, seq };
}

const endOf = (hlc: HybridTime, expiresAtMs: number): HybridTime =>
  latest(hlc, { wallMs: expiresAtMs, counter: 0 });

/** One commit that expires those of the loaded entries whose lifetime is over; none when there are none. Pure. */
export function planExpiry(loaded: Loaded, at: PartitionId, mutation: MutationId, nowMs: number): Plan {
  const ended = [...loaded.entries.values()].filter(
    (entry) => entry.value !== undefined && !isLive(entry, nowMs),
  );
  const nothing = { settled: [], answers: [], conflicts: [], needs: [], fences: [] };
  const plan = { ...at, epoch: loaded.epoch, ...nothing };
  if (ended.length === 0) return { ...plan, commits: [], entries: [], closings: [] };
  const seq = loaded.head.seq + 1;
  const events = ended.map(expiredEvent);
  const commit = seal({
    ...at,
    seq,
    epoch: loaded.epoch,
    author: SERVICE,
    committedAtMs: nowMs,
    events,
    mutation: { ...mutation, outcomes: [] },
    prevHash: loaded.head.hash,
  });
  const entries = events.map((event, index) => ({
    entry: evolve(event, at.partition, seq),
    loadedSeq: ended[index]?.seq ?? 0,
  }));
  // With what stood side by side, what was open about it is gone.
  const closings = ended
    .filter(({ siblings }) => siblings)
    .map(({ key, version }) => ({ key, resolvedBy: { version: version + 1, atMs: nowMs } }));
  return { ...plan, commits: [commit], entries, closings };
}

/** Nobody wrote, so the clock stays: whoever has seen the value that expired writes after its end. */
function expiredEvent(entry: Entry): MemoryEvent {
  const { partition: _, seq: __, ...version } = asExpired(entry);
  return { type: 'expired', ...version, version: entry.version + 1, author: SERVICE };
}
