import type { Cursor, HybridTime, InstanceId, SpaceId } from '@mnemon/protocol';

/** How far an instance had come when it last said so. */
export interface Checkpoint {
  space: SpaceId;
  instanceId: InstanceId;
  cursor: Cursor;
  /** That it has applied since it started. */
  events: number;
  /** The latest time it knew of. */
  clock: HybridTime;
  /** When it said so, by the server's clock. */
  atMs: number;
}

/** How far the instances of a space are, connected or not. The latest put of an instance wins. */
export interface Checkpoints {
  put(checkpoint: Checkpoint): Promise<void>;
  list(space: SpaceId): Promise<readonly Checkpoint[]>;
}
