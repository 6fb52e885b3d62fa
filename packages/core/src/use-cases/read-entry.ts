import { allows, type Entry, isLive, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { shown } from '../domain/shown.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, ok, refuse } from './refusal.ts';

type Reading = Pick<Ports, 'log' | 'clock'>;

/** The current entry of a key: includes every write that was acked before (I9). Refuses with `not-found`. */
export async function readEntry(ports: Reading, identity: Identity, key: string): Promise<Answered<Entry>> {
  const found = await readVersion(ports, identity, key);
  if (!found.ok) return found;
  const [entry] = found.value;
  return entry?.value === undefined ? refuse(wireError('not-found', `nothing is kept at ${key}`)) : ok(entry);
}

/** The current version of a key, a tombstone where it was deleted or has expired; none where nothing is known of it. */
export async function readVersion(
  { log, clock }: Reading,
  { space, grants }: Identity,
  key: string,
): Promise<Answered<Entry[]>> {
  if (!allows(grants, 'read', key)) return refuse(wireError('forbidden', `no grant to read ${key}`)); // I8
  const loaded = await log.load({ space, partition: 0, keys: [key], mutations: [] });
  const entry = loaded?.entries.get(key);
  if (!entry) return ok([]);
  if (isLive(entry, clock.now())) return ok([shown(entry)]);
  const { value: _, ...tombstone } = shown(entry);
  return ok([tombstone]);
}
