import type { SpaceId } from '@mnemon/protocol';
import type { Node, ReachedNode } from '../ports/nodes.ts';
import type { Ports } from '../ports/ports.ts';
import { settleGone } from './disconnect.ts';
import { eachOf } from './each-of.ts';
import { PRESENCE_MS } from './heartbeat.ts';

const NODES_PER_PAGE = 500;
const AT_ONCE = 16;
/** So that it ends well within its invocation, beside the sweep of connections. */
const TURN_MS = 15_000;

/**
 * Finishes what follows from a connection's end, where whoever found that out died over it: instances that are noted as
 * online, were not heard of for longer than a connection may be silent, and have no connection. Answers how many. Bounded
 * in time, and may run twice at once. The first failure is thrown in the end.
 */
export async function settleSilent(ports: Ports, staleAfterMs: number): Promise<number> {
  const startMs = ports.clock.now();
  const untilMs = startMs - staleAfterMs - PRESENCE_MS; // who beats is noted as often as that
  const failures: unknown[] = [];
  let count = 0;
  let after: ReachedNode | undefined;
  do {
    const page = await ports.nodes.silent({ untilMs, after, limit: NODES_PER_PAGE });
    const gone = await withoutConnection(ports, page);
    for (const end of await eachOf(gone, AT_ONCE, (node) => settleGone(ports, node, node.lastSeenAtMs))) {
      if (end.status === 'rejected') failures.push(end.reason);
      else count++;
    }
    after = page.length < NODES_PER_PAGE ? undefined : page.at(-1);
  } while (after && ports.clock.now() < startMs + TURN_MS);
  if (failures.length > 0) throw failures[0];
  return count;
}

/** Also who has a stale one is left alone: the sweep of connections ends that, unless it is heard of again. */
async function withoutConnection({ connections }: Ports, nodes: readonly Node[]): Promise<Node[]> {
  const found: Node[] = [];
  for (const [space, ofSpace] of bySpace(nodes)) {
    const thenMs = Math.min(...ofSpace.map(({ lastSeenAtMs }) => lastSeenAtMs));
    const there = new Set((await connections.list(space, thenMs)).map(({ instanceId }) => instanceId));
    found.push(...ofSpace.filter(({ instanceId }) => !there.has(instanceId)));
  }
  return found;
}

function bySpace(nodes: readonly Node[]): Map<SpaceId, Node[]> {
  const spaces = new Map<SpaceId, Node[]>();
  for (const node of nodes) spaces.set(node.space, [...(spaces.get(node.space) ?? []), node]);
  return spaces;
}
