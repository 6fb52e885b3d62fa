import type { InstanceId, SpaceId } from '@mnemon/protocol';

/** What trusted servers are told beside commits: nothing of it is memory, and none of it is in the log. */
export type Notice = InstanceGone;

/** An instance's connection is over and no other has taken its place: it said so, broke off, or was not heard of. */
export interface InstanceGone {
  type: 'instance-gone';
  space: SpaceId;
  instanceId: InstanceId;
  userId: string;
  lastSeenAtMs: number;
}
