import { allows, type NodesPage, type NodesRequest, type NodeView, nodeKey } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Connection } from '../ports/connections.ts';
import type { Node } from '../ports/nodes.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok } from './refusal.ts';

/** So many fit a frame, whatever they announce. */
const NODES_PER_PAGE = 40;

/**
 * The space's instances, in the order of their ids. Who is online, and when each was heard of last, is told by their
 * connections: their own rows are written far less often. What one announced is shown to who may read its `nodeKey` (I8).
 */
export async function listNodes(
  { nodes, connections, clock }: Pick<Ports, 'nodes' | 'connections' | 'clock'>,
  identity: Identity,
  { limit = NODES_PER_PAGE, page }: NodesRequest,
): Promise<Answered<NodesPage>> {
  const nowMs = clock.now();
  const { space } = identity;
  const count = Math.min(limit, NODES_PER_PAGE);
  const [listed, connected] = await Promise.all([
    nodes.list(space, { after: page, limit: count + 1 }),
    connections.list(space, nowMs),
  ]);
  const live = new Map(connected.map((connection) => [connection.instanceId, connection]));
  const shown = listed.slice(0, count);
  const last = listed.length > count ? shown.at(-1)?.instanceId : undefined;
  return ok({
    nodes: shown.map((node) => viewOf(node, live.get(node.instanceId), identity)),
    nowMs,
    ...(last !== undefined && { page: last }),
  });
}

function viewOf(node: Node, connection: Connection | undefined, { grants }: Identity): NodeView {
  const { instanceId, userId, lastSeenAtMs, presence } = node;
  const announced = allows(grants, 'read', nodeKey(instanceId)) ? presence?.announced : undefined;
  return {
    instanceId,
    userId,
    status: connection ? 'online' : 'offline',
    lastSeenAtMs: Math.max(lastSeenAtMs, connection?.lastSeenAtMs ?? 0),
    ...(announced !== undefined && { announced }),
  };
}
