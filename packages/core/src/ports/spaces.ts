import type { Retention, SpaceId } from '@mnemon/protocol';

/** The spaces that were opened, and what holds in each. */
export interface Spaces {
  /** At most `limit` spaces after `after`, in any fixed order. */
  list(page: { after: SpaceId | undefined; limit: number }): Promise<readonly SpaceId[]>;

  /** `undefined` until it is set. */
  retention(space: SpaceId): Promise<Retention | undefined>;

  /** Whether the space is open; else nothing is set. */
  setRetention(space: SpaceId, retention: Retention): Promise<boolean>;
}
