import type { PartitionId } from '@mnemon/core';
import { dueName } from './due-name.ts';
import { type KeptEntry, ROW_BYTES } from './journal-record.ts';
import type { SortedKeys } from './sorted-keys.ts';
import type { TermIndex } from './term-index.ts';

/** The entries of a partition, and their keys in order. */
interface KeptEntries {
  entries: Map<string, KeptEntry>;
  keys: SortedKeys;
  terms: TermIndex;
}

/** Which entries of all spaces are over when, by `dueName`. */
export type Due = SortedKeys;

/** Puts a version in the place of the one before. Answers about how many bytes are of no more use. */
export function putEntry(
  due: Due,
  at: PartitionId,
  { entries, keys, terms }: KeptEntries,
  entry: KeptEntry,
): number {
  const former = entries.get(entry.key);
  keys.add(entry.key);
  entries.set(entry.key, entry);
  terms.changed(entry.key);
  const supersededBytes = former ? supersede(due, at, former) : 0;
  if (entry.dueAtMs !== undefined && !entry.deleted) due.add(dueName(entry.dueAtMs, at, entry));
  return supersededBytes;
}

/** Takes out those that are still what they were. */
export function forgetTombstones(
  due: Due,
  at: PartitionId,
  { entries, keys }: KeptEntries,
  tombstones: readonly { key: string; seq: number }[],
): number {
  let supersededBytes = 0;
  for (const { key, seq } of tombstones) {
    const entry = entries.get(key);
    if (!entry?.deleted || entry.seq !== seq) continue;
    entries.delete(key);
    keys.delete(key);
    supersededBytes += supersede(due, at, entry);
  }
  return supersededBytes;
}

/** Nothing of a partition that goes is due any more. */
export function clearDue(due: Due, at: PartitionId, { entries }: KeptEntries): void {
  for (const entry of entries.values()) supersede(due, at, entry);
}

function supersede(due: Due, at: PartitionId, former: KeptEntry): number {
  if (former.dueAtMs !== undefined) due.delete(dueName(former.dueAtMs, at, former));
  return ROW_BYTES + former.text.length;
}
