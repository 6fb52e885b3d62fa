import { allows, type Entry, type JsonValue, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import type { ValueId } from '../ports/values.ts';
import { readEntry } from './read-entry.ts';
import { type Answered, ok, refuse } from './refusal.ts';

/** The text of a large value that a version of a key has or had. Refuses with `not-found`. */
export async function readValue(
  { values }: Pick<Ports, 'values'>,
  { space, grants }: Identity,
  id: ValueId,
): Promise<Answered<string>> {
  if (!allows(grants, 'read', id.key)) return refuse(wireError('forbidden', `no grant to read ${id.key}`)); // I8
  const text = await values.get({ space, partition: 0 }, id);
  return text === undefined ? refuse(wireError('not-found', `${id.key} has no such value`)) : ok(text);
}

/** The current entry of a key with its value, however large. */
export async function readWholeEntry(
  ports: Pick<Ports, 'log' | 'clock' | 'values'>,
  identity: Identity,
  key: string,
): Promise<Answered<Entry>> {
  const found = await readEntry(ports, identity, key);
  if (!found.ok || !found.value.large) return found;
  const text = await readValue(ports, identity, { key, hash: found.value.large.hash });
  return text.ok ? ok({ ...found.value, value: JSON.parse(text.value) as JsonValue }) : text;
}
