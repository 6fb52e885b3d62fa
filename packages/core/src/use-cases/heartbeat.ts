import { type HeartbeatAnswer, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** How often presence is written at most. */
const PRESENCE_MS = 30_000;

/** Keeps a connection alive and answers with the head, so that a lost last frame is noticed (I4). */
export async function heartbeat(ports: Ports, caller: Caller): Promise<Answered<HeartbeatAnswer['payload']>> {
  const nowMs = ports.clock.now();
  const [seenBeforeMs, head, isBusDown] = await Promise.all([
    ports.connections.touch(caller, nowMs),
    ports.log.head(caller.space),
    ports.bus.isDown(),
  ]);
  if (seenBeforeMs === undefined || !head) return refuse(notConnected());
  if (Math.floor(seenBeforeMs / PRESENCE_MS) !== Math.floor(nowMs / PRESENCE_MS)) {
    const { space, instanceId, userId } = caller;
    await ports.nodes.put({ space, instanceId, userId, status: 'online', lastSeenAtMs: nowMs });
  }
  return ok({ head, degraded: isBusDown ? ['bus'] : [] });
}

export const notConnected = () => wireError('not-connected', 'say `connect` first');
