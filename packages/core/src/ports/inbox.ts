import type { Caller, Identity } from '../domain/caller.ts';
import type { MutationId } from '../domain/commit.ts';
import type { StoredBatch } from '../domain/stored-op.ts';
import type { PartitionId } from './event-log.ts';

/** A batch that waits for a group commit, with all that the holder needs to decide and answer it. */
export interface WaitingBatch {
  batch: StoredBatch;
  /** Whoever has no connection gets no ack posted: it looks for its batch in the log. */
  caller: Identity & Partial<Pick<Caller, 'connectionId'>>;
  /** The id of the request that brought it; the ack repeats it. */
  requestId: string;
}

/**
 * Batches waiting for a group commit, and the lease of the one who commits them. Durable once `put` resolves, but not
 * acked: `EventLog.append` takes a batch out in the same atomic step that commits it.
 */
export interface Inbox {
  /** Keeps the batch unless it waits already (unique by client and `n`); answers how long it has waited. */
  put(at: PartitionId, waiting: WaitingBatch): Promise<{ waitedMs: number }>;

  /** At most `limit` waiting batches in arrival order. Those of one client are never out of order. */
  list(at: PartitionId, limit: number): Promise<readonly WaitingBatch[]>;

  /** At most `limit` partitions, of all spaces, in which a batch has waited for so long; in any order. */
  stranded(waitedMs: number, limit: number): Promise<readonly PartitionId[]>;

  /** Takes batches out that made no commit. */
  remove(at: PartitionId, mutations: readonly MutationId[]): Promise<void>;

  /**
   * Whether `holder` now has the partition's write lease for `leaseMs`, counted by the store's clock. Its holder renews
   * it with the same call. At most one at a time; a holder that stops renewing loses it by itself.
   */
  acquireLease(at: PartitionId, holder: string, leaseMs: number): Promise<boolean>;

  /** Gives the lease back; nothing happens when it is another's by now. */
  releaseLease(at: PartitionId, holder: string): Promise<void>;
}
