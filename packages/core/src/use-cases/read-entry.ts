import { allows, type Entry, isLive, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { shown } from '../domain/shown.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** The current entry of a key: includes every write that was acked before (I9). Refuses with `not-found`. */
export async function readEntry(
  ports: Pick<Ports, 'log' | 'clock'>,
  { space, grants }: Identity,
  key: string,
): Promise<Answered<Entry>> {
  if (!allows(grants, 'read', key)) return refuse(wireError('forbidden', `no grant to read ${key}`)); // I8
  const loaded = await ports.log.load({ space, partition: 0, keys: [key], mutations: [] });
  const entry = loaded?.entries.get(key);
  if (entry && isLive(entry, ports.clock.now())) return ok(shown(entry));
  return refuse(wireError('not-found', `nothing is kept at ${key}`));
}
