import type { InstanceId, SpaceId } from '@mnemon/protocol';

/** What trusted servers are told beside commits: nothing of it is memory, and none of it is in the log. */
export type Notice = InstanceGone | Health;

/** An instance's connection is over and no other has taken its place: it said so, broke off, or was not heard of. */
export interface InstanceGone {
  type: 'instance-gone';
  space: SpaceId;
  instanceId: InstanceId;
  userId: string;
  lastSeenAtMs: number;
}

/** How the backends of the whole service were a moment ago. */
export interface Health {
  type: 'health';
  atMs: number;
  backends: Readonly<Record<string, BackendHealth>>;
}

export interface BackendHealth {
  status: 'ok' | 'degraded';
  /** How long it took to answer, or to give up. */
  latencyMs: number;
}
