import type { SpaceId, Strategy } from '@mnemon/protocol';
import type { ConflictRecord } from '../domain/conflict.ts';

/** How many conflicts there were of each name; the most frequent first, 100 at most. */
export type ConflictCounts = readonly { name: string; count: number }[];

export interface ConflictStats {
  byStrategy: ConflictCounts;
  /** By the policy's pattern; '' is no policy. */
  byPattern: ConflictCounts;
  /** By the two instances, in alphabetical order, with a blank between. */
  byPair: ConflictCounts;
}

export interface ConflictFilter {
  status?: ConflictRecord['status'] | undefined;
  strategy?: Strategy | undefined;
}

/** What `EventLog.append` recorded of conflicts: exactly those of the commits in the log. */
export interface Conflicts {
  /** At most `limit`, newest first, older than the one called `beforeId`. */
  list(
    space: SpaceId,
    page: ConflictFilter & { beforeId?: string | undefined; limit: number },
  ): Promise<readonly ConflictRecord[]>;

  get(space: SpaceId, id: string): Promise<ConflictRecord | undefined>;

  /** Counted as they were recorded; reading them costs nothing per conflict. */
  stats(space: SpaceId): Promise<ConflictStats>;
}
