import { type Connect, type Connected, PROTOCOL_VERSION, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import { presentNode } from '../domain/present-node.ts';
import { readableTopics } from '../domain/topics.ts';
import type { Connection } from '../ports/connections.ts';
import type { Ports } from '../ports/ports.ts';
import { firstPage, readPage } from './catch-up.ts';
import { dismiss, forget } from './disconnect.ts';
import { type Answered, ok, refuse } from './refusal.ts';

const REPLACED = 'another connection has taken this instance id';

/** Whoever is one too many may find room when another has gone. */
const SURPLUS_RETRY_MS = 10_000;

/** Makes a connection the instance's live one and tells it what it missed. */
export async function connect(
  ports: Ports,
  caller: Caller,
  request: Connect['payload'],
  heartbeatMs: number,
  connectionsPerToken?: number,
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
  if (connectionsPerToken !== undefined && (await isSurplus(ports, registration.row, connectionsPerToken))) {
    await forget(ports, caller);
    const message = `at most ${connectionsPerToken} connections at once with one token`;
    return refuse(wireError('rate-limited', message, { retryAfterMs: SURPLUS_RETRY_MS }));
  }
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
  const reading = { ports, caller, topics, head };
  const missed =
    patterns.length > 0 ? await readPage(reading, await firstPage(reading, request.cursor)) : undefined;
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

/**
 * Whether as many connections of its token were there before it. Counted after all of them were put, in the one order that
 * everybody sees: of two at once never both are refused. Costs what a commit reads to find its audience.
 */
async function isSurplus(
  { connections, clock }: Pick<Ports, 'connections' | 'clock'>,
  own: Connection,
  limit: number,
): Promise<boolean> {
  if (own.tokenId === undefined) return false;
  const rows = await connections.list(own.space, clock.now());
  return rows.filter((row) => row.tokenId === own.tokenId && isEarlier(row, own)).length >= limit;
}

const isEarlier = (a: Connection, b: Connection): boolean =>
  a.connectedAtMs === b.connectedAtMs ? a.connectionId < b.connectionId : a.connectedAtMs < b.connectedAtMs;
