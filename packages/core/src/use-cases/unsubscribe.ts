import type { Unsubscribe, Unsubscribed } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { notConnected } from './heartbeat.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** Takes patterns from a connection. */
export async function unsubscribe(
  ports: Ports,
  caller: Caller,
  { patterns }: Unsubscribe['payload'],
): Promise<Answered<Unsubscribed['payload']>> {
  const left = await ports.connections.changeSubscriptions(caller, { remove: patterns });
  return left ? ok({ patterns: [...left] }) : refuse(notConnected());
}
