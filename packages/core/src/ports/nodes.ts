import type { InstanceId, SpaceId } from '@mnemon/protocol';

/** An instance as its space knows it, connected or not. */
export interface Node {
  space: SpaceId;
  instanceId: InstanceId;
  userId: string;
  status: 'online' | 'offline';
  lastSeenAtMs: number;
}

/** The instances of a space. Presence, not memory: it never enters the log, and the latest write wins. */
export interface Nodes {
  put(node: Node): Promise<void>;
  list(space: SpaceId): Promise<readonly Node[]>;
}
