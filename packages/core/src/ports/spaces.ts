import type { Retention, SpaceId } from '@mnemon/protocol';

/** The spaces that were opened, and what holds in each. */
export interface Spaces {
  /** At most `limit` spaces whose last upkeep began before `beforeMs`: the longest ago first, and before them those without any. */
  dueForUpkeep(page: { beforeMs: number; limit: number }): Promise<readonly SpaceId[]>;

  /** Notes that the upkeep of the space begins. A store may forget it when it starts anew. */
  beginUpkeep(space: SpaceId, atMs: number): Promise<void>;

  /** `undefined` until it is set. */
  retention(space: SpaceId): Promise<Retention | undefined>;

  /** Whether the space is open; else nothing is set. */
  setRetention(space: SpaceId, retention: Retention): Promise<boolean>;
}
