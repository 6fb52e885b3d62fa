import type { Cursor, Entry, Fence, Policy, SpaceId } from '@mnemon/protocol';
import type { MutationId, SealedCommit } from '../domain/commit.ts';
import type { ConflictRecord, Resolution } from '../domain/conflict.ts';
import type { History } from './history.ts';

/** A partition of a space's log. */
export interface PartitionId {
  space: SpaceId;
  partition: number;
}

export interface Loaded {
  epoch: string;
  /** The newest commit; `seq` 0 and GENESIS before the first. */
  head: { seq: number; hash: string };
  /** Of the keys asked for, those that exist, tombstones included. */
  entries: ReadonlyMap<string, Entry>;
  /** Of the mutations asked for, the commits that hold them. */
  answered: readonly SealedCommit[];
  /** The space's, in order. */
  policies: readonly Policy[];
  /** Whether the write lease was taken and not given back: somebody holds it, or died with it and left work behind. */
  leased: boolean;
  /** Of the locks asked for, the newest token of those that have one. */
  tokens?: ReadonlyMap<string, number>;
}

export interface Append extends PartitionId {
  /** Consecutive, from the loaded head on. */
  commits: readonly SealedCommit[];
  /** Each entry that the commits leave behind, with the `seq` of the version it was decided on, 0 for none. */
  entries: readonly { entry: Entry; loadedSeq: number }[];
  /** Batches that these commits take out of the inbox. */
  settled: readonly MutationId[];
  /** What met in these commits. */
  conflicts?: readonly ConflictRecord[];
  /** Keys of which all conflicts that are open in the store are settled by these commits. */
  closings?: readonly { key: string; resolvedBy: Resolution }[];
  /** Tokens that these commits rely on: each still its lock's newest, or nothing is appended (I7). */
  fences?: readonly Fence[];
  /** The space's epoch from these commits on. */
  newEpoch?: string;
  /** The import that fills the space: once that is open, or another's, nothing is appended. */
  importId?: string;
}

/**
 * The log and its projection, the current entries. The truth.
 *
 * A store's failure throws `Unavailable`; what it had begun then either happened whole or not at all.
 */
export interface EventLog extends History {
  /** Makes the space if it is not there; `epoch` is the one to give it then. Answers the space's epoch. */
  open(space: SpaceId, epoch: string): Promise<string>;

  /**
   * What a decision needs, in one round of parallel reads. Parts may be of different moments: `append` notices.
   * `undefined` when the space has not been opened.
   */
  load(
    at: PartitionId & {
      keys: readonly string[];
      mutations: readonly MutationId[];
      locks?: readonly string[];
    },
  ): Promise<Loaded | undefined>;

  /**
   * All of it in one atomic step, durable once it resolves (I1), or nothing: `conflict` means that the head, an entry,
   * a mutation or a token is no longer as it was loaded (I2, I6, I7). The log's `seq` is unique and has no holes.
   */
  append(append: Append): Promise<'committed' | 'conflict'>;

  /** The newest commit of each partition; `undefined` when the space has not been opened. */
  head(space: SpaceId): Promise<Cursor | undefined>;

  /**
   * At most `limit` commits after `afterSeq`, in order: all, or those with one of `topics`, found without reading others.
   * The first may be further on when older ones were compacted. Throws `UnreadableCommit` where one is no commit.
   */
  commits(
    at: PartitionId & { afterSeq: number; limit: number; topics?: readonly string[] | undefined },
  ): Promise<readonly SealedCommit[]>;

  /** The newest commit before `beforeSeq` with one of `topics`; 0 when the log holds none. By index. */
  newestOf(at: PartitionId & { topics: readonly string[]; beforeSeq: number }): Promise<number>;

  /** How many commits after `afterSeq` have one of `topics`; counts up to `limit`, at least 1, and reads none of them. */
  countOf(at: PartitionId & { topics: readonly string[]; afterSeq: number; limit: number }): Promise<number>;

  /**
   * At most `limit` entries in the order of their keys (`compareKeys`), after `afterKey`: all, or those of `topic`, found
   * without reading others; tombstones only when they are asked for. Not a snapshot: entries may be newer than the head
   * that was read before, never older.
   */
  entries(
    at: PartitionId & {
      afterKey: string | undefined;
      limit: number;
      topic?: string | undefined;
      withTombstones?: boolean;
    },
  ): Promise<readonly Entry[]>;

  /** The log holds every commit after this `seq`: 0 until it is compacted. */
  floor(at: PartitionId): Promise<number>;

  /** Raises the floor to `seq`; one that is as high already stays. Commits up to it are of no more use from then on. */
  raiseFloor(at: PartitionId & { seq: number }): Promise<void>;

  /**
   * Takes out at most `limit` commits up to the floor, the oldest first, never the log's newest. Answers how many. With
   * them goes what they answered (I6).
   */
  dropCommits(at: PartitionId & { limit: number }): Promise<number>;

  /** The greatest `seq` of any entry; beyond the head it proves that the log was truncated (I2). */
  newestEntrySeq(at: PartitionId): Promise<number>;
}
