import type { Unsubscribe, Unsubscribed } from '@mnemon/protocol';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { notConnected } from './heartbeat.ts';
import { type Answered, ok, overtaken, refuse } from './refusal.ts';

/** Takes patterns from a connection. */
export async function unsubscribe(
  ports: Ports,
  caller: Caller,
  { patterns, change }: Unsubscribe['payload'],
): Promise<Answered<Unsubscribed['payload']>> {
  const changed = await ports.connections.changeSubscriptions(caller, { remove: patterns, number: change });
  if (!changed) return refuse(notConnected());
  return changed === 'overtaken' ? refuse(overtaken()) : ok({ patterns: [...changed.after] });
}
