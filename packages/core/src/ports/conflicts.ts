import type { ConflictStats, SpaceId, Strategy } from '@mnemon/protocol';
import type { ConflictRecord } from '../domain/conflict.ts';

export interface ConflictFilter {
  status?: ConflictRecord['status'] | undefined;
  strategy?: Strategy | undefined;
}

/** What `EventLog.append` recorded of conflicts: exactly those of the commits in the log, until they are forgotten. */
export interface Conflicts {
  /** At most `limit`, newest first, older than the one called `beforeId`. */
  list(
    space: SpaceId,
    page: ConflictFilter & { beforeId?: string | undefined; limit: number },
  ): Promise<readonly ConflictRecord[]>;

  /** At most `limit`, oldest first, later than the one called `afterId`. */
  recorded(
    space: SpaceId,
    page: { afterId?: string | undefined; limit: number },
  ): Promise<readonly ConflictRecord[]>;

  get(space: SpaceId, id: string): Promise<ConflictRecord | undefined>;

  /** Over all records that there are; reading them costs nothing per conflict. */
  stats(space: SpaceId): Promise<ConflictStats>;

  /** Forgets at most `limit` that were resolved at `untilMs` or before, in the statistics too: in one step; answers how many. */
  forget(space: SpaceId, page: { untilMs: number; limit: number }): Promise<number>;
}
