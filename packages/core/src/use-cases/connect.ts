import { type Connect, type Connected, PROTOCOL_VERSION, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { presentNode } from '../domain/present-node.ts';
import { readableTopics } from '../domain/topics.ts';
import type { Ports } from '../ports/ports.ts';
import { firstPage, readPage } from './catch-up.ts';
import { dismiss } from './disconnect.ts';
import { type Answered, ok, refuse } from './refusal.ts';

const REPLACED = 'another connection has taken this instance id';

/** Makes a connection the instance's live one and tells it what it missed. */
export async function connect(
  ports: Ports,
  caller: Caller,
  request: Connect['payload'],
  heartbeatMs: number,
): Promise<Answered<Connected['payload']>> {
  // 1. Refuse who speaks another language.
  if (request.protocolVersion !== PROTOCOL_VERSION) {
    const message = `this server speaks version ${PROTOCOL_VERSION}, not ${request.protocolVersion}`;
    return refuse(wireError('unsupported-version', message));
  }
  // 2. Register, before the log is read: a commit from now on is posted, one from before is read below (I4).
  const nowMs = ports.clock.now();
  const { subscriptions } = request;
  const registration = await ports.connections.put({ ...caller, subscriptions, lastSeenAtMs: nowMs });
  // This frame was late: its program has connected anew meanwhile, or another one has taken the id.
  if (!registration.current) return refuse(wireError('replaced', REPLACED));
  // 3. Open the space, note the instance, dismiss its former connection.
  const { space } = caller;
  await Promise.all([
    ports.log.open(space, ports.randomId()),
    ports.nodes.put(presentNode(caller, request.presence, nowMs)),
    registration.replaced && dismiss(ports, registration.replaced, 'replaced', REPLACED),
  ]);
  // 4. Read what was missed.
  const head = await ports.log.head(space);
  if (!head) throw new Error(`space ${space} was opened and is not there`);
  const patterns = registration.row.subscriptions;
  const topics = readableTopics(patterns, caller.grants);
  const missed =
    patterns.length > 0
      ? await readPage({ ports, caller, topics, head }, firstPage(head, request.cursor))
      : undefined;
  return ok({
    protocolVersion: PROTOCOL_VERSION,
    space,
    instanceId: caller.instanceId,
    head,
    heartbeatMs,
    tokenExpiresAt: caller.tokenExpiresAtMs,
    ...(missed && { missed }),
  });
}
