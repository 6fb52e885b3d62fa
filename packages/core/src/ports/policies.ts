import type { Policy, SpaceId } from '@mnemon/protocol';

/** A space's policies. Every decision reads them anew, with the entries that it is about. */
export interface Policies {
  /** In order; none for a space that has not been opened. */
  get(space: SpaceId): Promise<readonly Policy[]>;

  /** Replaces them all; they hold for whatever is loaded from then on. False for a space that has not been opened. */
  set(space: SpaceId, policies: readonly Policy[]): Promise<boolean>;
}
