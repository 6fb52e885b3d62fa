import type { FoundPage, Read } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { listEntries } from './list-entries.ts';
import { readVersion } from './read-entry.ts';
import { type Answered, ok } from './refusal.ts';
import { searchEntries } from './search-entries.ts';

/** What a connection asks for: includes every write that was acked before (I9). */
export async function read(
  ports: Pick<Ports, 'log' | 'index' | 'clock'>,
  identity: Identity,
  request: Read['payload'],
): Promise<Answered<FoundPage>> {
  if ('list' in request) return listEntries(ports, identity, request.list);
  if ('search' in request) return searchEntries(ports, identity, request.search);
  const found = await readVersion(ports, identity, request.get);
  return found.ok ? ok({ entries: found.value }) : found;
}
