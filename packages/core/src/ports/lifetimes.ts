import type { PartitionId } from './event-log.ts';

/** A version whose lifetime ended at `atMs`. */
export interface DueEntry extends PartitionId {
  key: string;
  seq: number;
  atMs: number;
}

/** At most `limit`, the earliest first, after `after`. */
export interface DuePage {
  untilMs: number;
  after?: DueEntry | undefined;
  limit: number;
}

/**
 * What of all spaces has to go, by index. Not a snapshot: whoever acts on an answer looks at the entry again.
 */
export interface Lifetimes {
  /** Entries whose lifetime ended at `untilMs` or before and that are still there. */
  expired(page: DuePage): Promise<readonly DueEntry[]>;

  /** Forgets at most `limit` instances, presence and checkpoint, that were last heard of at `untilMs` or before; how many. */
  forgetInstances(page: { untilMs: number; limit: number }): Promise<number>;

  /** Forgets at most `limit` tombstones that commits up to `upToSeq` made, and whose hybrid time is `untilMs` or before; how many. */
  forgetTombstones(at: PartitionId & { upToSeq: number; untilMs: number; limit: number }): Promise<number>;
}
