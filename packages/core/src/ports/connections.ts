import type { InstanceId, SpaceId } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';

/** An instance's one live connection. */
export interface Connection extends Caller {
  /** Patterns. Without any, the connection receives nothing but its acks. */
  subscriptions: readonly string[];
  lastSeenAtMs: number;
}

/** What came of a `put`. */
export type Registration =
  /** The row is this connection's. `replaced` was in its place until now. */
  | { current: true; row: Connection; replaced?: Connection }
  /** The row is that of a connection that connected later, and stays so. */
  | { current: false };

/** Names a connection; a row that holds another `connectionId` by now belongs to a newer one and is left alone. */
export interface ConnectionRef {
  space: SpaceId;
  instanceId: InstanceId;
  connectionId: string;
}

/** Where a walk over all rows has come to. */
export type ReachedRow = Pick<ConnectionRef, 'space' | 'instanceId'>;

export interface StalePage {
  rows: readonly Connection[];
  /** How many rows were looked at. */
  looked: number;
  /** Up to here all were looked at. Left out when nothing is left. */
  reached?: ReachedRow;
}

/**
 * Patterns to add or to take away. Never both: not every store does that to one set in one atomic step. Numbers order the
 * changes of a connection, however late or often they arrive; one without a number is always made.
 */
export type SubscriptionChange = { number?: number | undefined } & (
  | { add: readonly string[]; remove?: never }
  | { remove: readonly string[]; add?: never }
);

export interface ChangedSubscriptions {
  before: readonly string[];
  after: readonly string[];
}

/**
 * Who is connected: one row per instance of a space. A row outlives a connection that died silently until it is found
 * stale; readers take it as a guess, and a post that answers `gone` as the proof.
 */
export interface Connections {
  /**
   * Takes the place of the instance's former connection, unless that connected later: in whatever order puts arrive, the
   * latest connection stays. Of two with the same `connectedAtMs` the one with the greater id counts as later. A repeated
   * put changes nothing, for the row's subscriptions may have changed since; it answers the row as it is.
   */
  put(connection: Connection): Promise<Registration>;

  /** Notes that the connection was heard of. Answers the row as it was before, `undefined` when there is none. */
  touch(ref: ConnectionRef, nowMs: number): Promise<Connection | undefined>;

  /**
   * Changes the set of patterns atomically: of concurrent changes none is lost. Answers the set from before and the one
   * from after it, in any order. `overtaken`: one with a greater number came first, and nothing was changed. `undefined`
   * without such a row.
   */
  changeSubscriptions(
    ref: ConnectionRef,
    change: SubscriptionChange,
  ): Promise<ChangedSubscriptions | 'overtaken' | undefined>;

  /** Whether there was such a row. */
  remove(ref: ConnectionRef): Promise<boolean>;

  /**
   * The stale rows among `limit` rows of all spaces, in any fixed order, from `after` on. Looks at every row, so it is for
   * who sweeps. A row may have been heard of since: `removeStale` looks again.
   */
  stale(page: { nowMs: number; after?: ReachedRow | undefined; limit: number }): Promise<StalePage>;

  /** Takes the row out if it is still stale. Of several who try at once one is answered true. */
  removeStale(ref: ConnectionRef, nowMs: number): Promise<boolean>;

  /** All rows of a space that are not stale; strongly consistent: includes every `put` that has resolved. */
  list(space: SpaceId, nowMs: number): Promise<readonly Connection[]>;
}
