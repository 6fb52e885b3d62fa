import type { Presence } from '@mnemon/protocol';
import type { Node } from '../ports/nodes.ts';
import type { Caller } from './caller.ts';

/** An instance that was heard of just now. */
export function presentNode(caller: Caller, presence: Presence | undefined, nowMs: number): Node {
  const { space, instanceId, userId, connectionId, connectedAtMs } = caller;
  const node = { space, instanceId, userId, connectionId, connectedAtMs, lastSeenAtMs: nowMs };
  return { ...node, status: 'online', ...(presence && { presence }) };
}
