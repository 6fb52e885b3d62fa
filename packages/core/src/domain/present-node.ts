import type { Presence } from '@mnemon/protocol';
import type { Node } from '../ports/nodes.ts';
import type { Caller } from './caller.ts';

/** An instance that was heard of just now. */
export function presentNode(caller: Caller, presence: Presence | undefined, nowMs: number): Node {
  const { space, instanceId, userId, grants, connectionId, connectedAtMs } = caller;
  const who = { space, instanceId, userId, grants, connectionId, connectedAtMs };
  return { ...who, lastSeenAtMs: nowMs, status: 'online', ...(presence && { presence }) };
}
