import type { Entry, Scope } from '@mnemon/protocol';
import type { PartitionId } from './event-log.ts';

export interface IndexQuery extends PartitionId {
  within: Scope;
  /** What `termsOf` an entry has to hold, all of it. */
  terms: readonly string[];
  /** The entry's commit is a later one; 0 for any. */
  afterSeq: number;
  afterKey?: string | undefined;
  /** At least 1. */
  limit: number;
}

export interface IndexPage {
  /** In the order of their keys (`compareKeys`). */
  entries: readonly Entry[];
  /** Up to here all were looked at. Left out when nothing is left. */
  reachedKey?: string;
}

/**
 * Finds entries by what they are about, at a bounded cost however many there are: where what is asked for is rare, by
 * index alone; else in the order of keys, a stretch at a time, which may hold none. What `EventLog.append` has resolved is
 * found. Tombstones are not; what has expired is, until it is swept.
 */
export interface EntryIndex {
  find(query: IndexQuery): Promise<IndexPage>;
}
