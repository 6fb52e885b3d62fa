import { type CaughtUpPayload, LIMITS, type Subscribe, wireError } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { catchUp } from './catch-up.ts';
import { notConnected } from './heartbeat.ts';
import { type Answered, refuse } from './refusal.ts';

/** Adds patterns to a connection, then reads what they would have missed. */
export async function subscribe(
  ports: Ports,
  caller: Caller,
  { patterns, cursor }: Subscribe['payload'],
): Promise<Answered<CaughtUpPayload>> {
  // The row first: nothing falls between it and the reading of the log (I4).
  const subscriptions = await ports.connections.changeSubscriptions(caller, { add: patterns });
  if (!subscriptions) return refuse(notConnected());
  if (subscriptions.length > LIMITS.patternsPerConnection) {
    await ports.connections.changeSubscriptions(caller, { remove: patterns });
    const message = `a connection has at most ${LIMITS.patternsPerConnection} patterns`;
    return refuse(wireError('bad-request', message));
  }
  return catchUp(ports, caller, { cursor });
}
