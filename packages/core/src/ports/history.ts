import type { Entry } from '@mnemon/protocol';
import type { SealedCommit } from '../domain/commit.ts';
import type { PartitionId } from './event-log.ts';

/**
 * The log by key, and the projection by prefix. Each read costs what it answers: none grows with what the log holds
 * of other keys.
 */
export interface History {
  /** At most `limit` commits before `beforeSeq` that changed `key`, the newest first. */
  commitsOf(
    at: PartitionId & { key: string; beforeSeq: number; limit: number },
  ): Promise<readonly SealedCommit[]>;

  /** For each of `keys` the newest commit up to `upToSeq` that changed it, where there is one; no commit twice, in any order. */
  newestCommitsOf(
    at: PartitionId & { keys: readonly string[]; upToSeq: number },
  ): Promise<readonly SealedCommit[]>;

  /**
   * At most `limit` entries below `prefix`, of all keys when it is '', tombstones included: in the order of their keys
   * (any fixed order), after `afterKey`. Never older than the head that was read before.
   */
  entriesBelow(
    at: PartitionId & { prefix: string; afterKey: string | undefined; limit: number },
  ): Promise<readonly Entry[]>;

  /** How many entries there are, and how large all of them are as they are kept; reads none of them. */
  countEntries(at: PartitionId): Promise<{ entries: number; tombstones: number; sizeBytes: number }>;
}
