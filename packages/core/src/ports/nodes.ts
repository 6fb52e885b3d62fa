import type { InstanceId, Presence, SpaceId } from '@mnemon/protocol';

/** Which connection of an instance. */
export interface NodeConnection {
  space: SpaceId;
  instanceId: InstanceId;
  connectionId: string;
}

/** An instance as its space knows it, connected or not, and the connection through which it was there last. */
export interface Node extends NodeConnection {
  userId: string;
  connectedAtMs: number;
  status: 'online' | 'offline';
  lastSeenAtMs: number;
  /** What it said about itself. */
  presence?: Presence | undefined;
}

/** The instances of a space. Presence, not memory: it never enters the log. */
export interface Nodes {
  /** Notes the instance as it is. Nothing happens where a connection is noted that connected later; else the latest put wins. */
  put(node: Node): Promise<void>;

  /** Notes that the connection is over, unless it is no longer the instance's, or was over: then `undefined`. */
  leave(connection: NodeConnection, atMs: number): Promise<Node | undefined>;

  get(instance: Pick<Node, 'space' | 'instanceId'>): Promise<Node | undefined>;

  /** In the order of their ids: all of them, or at most `limit` after one. */
  list(space: SpaceId, stretch?: { after: string | undefined; limit: number }): Promise<readonly Node[]>;
}
