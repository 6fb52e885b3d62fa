import type { Grant, InstanceId, SpaceId } from '@mnemon/protocol';

/** Who speaks on a connection. Made from the verified token at the handshake, never from a frame (I8). */
export interface Caller {
  space: SpaceId;
  instanceId: InstanceId;
  userId: string;
  grants: readonly Grant[];
  tokenExpiresAtMs: number;
  connectionId: string;
}
