import type { InstanceId, Presence, SpaceId } from '@mnemon/protocol';
import type { Speaker } from '../domain/caller.ts';

/** Which connection of an instance. */
export interface NodeConnection {
  space: SpaceId;
  instanceId: InstanceId;
  connectionId: string;
}

/**
 * An instance as its space knows it, connected or not, and who it was on the connection through which it was there last.
 * `online`, with a connection that is over: what follows from that was not done, or not all of it.
 */
export interface Node extends Speaker {
  status: 'online' | 'offline';
  lastSeenAtMs: number;
  /** What it said about itself. */
  presence?: Presence | undefined;
}

/** Where a walk over silent instances has come to. */
export type ReachedNode = Pick<Node, 'space' | 'instanceId' | 'lastSeenAtMs'>;

/** The instances of a space. Presence, not memory: it never enters the log. */
export interface Nodes {
  /** Notes the instance as it is. Nothing happens where a connection is noted that connected later; else the latest put wins. */
  put(node: Node): Promise<void>;

  /** Notes that the connection is over, unless it is no longer the instance's, or was over: then `undefined`. */
  leave(connection: NodeConnection, atMs: number): Promise<Node | undefined>;

  get(instance: Pick<Node, 'space' | 'instanceId'>): Promise<Node | undefined>;

  /** In the order of their ids: all of them, or at most `limit` after one. */
  list(space: SpaceId, stretch?: { after: string | undefined; limit: number }): Promise<readonly Node[]>;

  /**
   * Of all spaces, those that are noted as online and as last heard of at `untilMs` or before: the longest silent first, at
   * most `limit` after one. Not a snapshot.
   */
  silent(page: { untilMs: number; after?: ReachedNode | undefined; limit: number }): Promise<readonly Node[]>;
}
