import { type Cursor, type Heartbeat, type HeartbeatAnswer, HYBRID_ZERO, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { presentNode } from '../domain/present-node.ts';
import { isEverything, readableTopics } from '../domain/topics.ts';
import type { Connection } from '../ports/connections.ts';
import type { Ports } from '../ports/ports.ts';
import { newestBefore } from './newest-before.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** How often presence and a checkpoint are written at most. */
export const PRESENCE_MS = 30_000;

/** Keeps a connection alive and answers how far its topics and the log reach, so that a lost last frame is noticed (I4). */
export async function heartbeat(
  ports: Ports,
  caller: Caller,
  payload: Heartbeat['payload'],
): Promise<Answered<HeartbeatAnswer['payload']>> {
  const nowMs = ports.clock.now();
  // The head before the row: a topic that is subscribed after the row was read comes with a state at least as new as this
  // head. The other way round the client's cursor would be moved past commits of a topic that nobody looked for here.
  const head = await ports.log.head(caller.space);
  const [row, isBusDown] = await Promise.all([ports.connections.touch(caller, nowMs), ports.bus.isDown()]);
  if (!row || !head) return refuse(notConnected());
  // Counted from when it connected, for that was written, too. Clocks differ a little: towards 0.
  const turnOf = (ms: number) => Math.trunc((ms - caller.connectedAtMs) / PRESENCE_MS);
  if (turnOf(row.lastSeenAtMs) !== turnOf(nowMs)) await note(ports, caller, payload, nowMs);
  const newest = await newestOfTopics(ports, row, head, payload.cursor);
  return ok({ head, ...(newest && { newest }), degraded: isBusDown ? ['bus'] : [] });
}

/** That the instance is there, what it says about itself, and how far it has come. */
async function note(
  { nodes, checkpoints }: Ports,
  caller: Caller,
  { cursor, events = 0, clock = HYBRID_ZERO, presence }: Heartbeat['payload'],
  nowMs: number,
): Promise<void> {
  const { space, instanceId } = caller;
  await Promise.all([
    nodes.put(presentNode(caller, presence, nowMs)),
    cursor && checkpoints.put({ space, instanceId, cursor, events, clock, atMs: nowMs }),
  ]);
}

/** Nothing where the head says it: to who follows everything, and to who is there already. */
async function newestOfTopics(
  ports: Ports,
  { space, subscriptions, grants }: Connection,
  { epoch, seq: [headSeq = 0] }: Cursor,
  cursor: Cursor | undefined,
): Promise<Cursor | undefined> {
  const topics = readableTopics(subscriptions, grants);
  if (isEverything(topics) || (cursor?.epoch === epoch && (cursor.seq[0] ?? 0) >= headSeq)) return undefined;
  return { epoch, seq: [await newestBefore(ports.log, { space, partition: 0 }, topics, headSeq + 1)] };
}

export const notConnected = () => wireError('not-connected', 'say `connect` first');
