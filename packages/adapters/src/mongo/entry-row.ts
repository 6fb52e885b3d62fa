import { canonicalText, type DueEntry, type PartitionId, termsOf } from '@mnemon/core';
import { type Entry, EVERYTHING, entrySchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';
import { dueAtMs } from '../due-at.ts';
import { rowsOf } from './row-range.ts';

/** An entry as it is kept: the canonical text, and what it is found and guarded by. */
export interface EntryRow {
  /** `<space>/<partition>/<key>`: in this order entries are read. */
  _id: string;
  space: string;
  partition: number;
  key: string;
  seq: number;
  version: number;
  deleted: boolean;
  /** When it has to go: at the end of its lifetime, or, deleted already, when nobody can know of it any more. */
  dueAtMs?: number;
  /** Of the text; with `deleted` in an index, so that entries are counted without being read. */
  bytes: number;
  /** What it is found by. */
  terms: readonly string[];
  text: string;
}

/** A key may hold any character: it is only ever compared whole, so none of them means anything. */
export const entryRowId = (at: PartitionId, key: string): string => `${rowsOf(at).$gt}${key}`;

/** What `entryRowId` made the id of. */
export const keyOfRow = (at: PartitionId, id: string): string => id.slice(rowsOf(at).$gt.length);

/** The entries after `afterKey`: of the partition, or of one of its topics. */
export function entryRange(at: PartitionId, topic: string | undefined, afterKey: string | undefined) {
  if (topic === undefined || topic === EVERYTHING) {
    return { _id: { ...rowsOf(at), $gt: entryRowId(at, afterKey ?? '') } }; // no key is empty
  }
  // The keys below a topic follow each other, `0` being the character after the slash. Its own key is not next to them.
  const below = (after: string) => ({
    _id: { $gt: entryRowId(at, after), $lt: entryRowId(at, `${topic}0`) },
  });
  if (afterKey !== undefined) return below(afterKey === topic ? `${topic}/` : afterKey);
  return { $or: [{ _id: entryRowId(at, topic) }, below(`${topic}/`)] };
}

export function toEntryRow({ space, partition }: PartitionId, entry: Entry): Omit<EntryRow, '_id'> {
  const due = dueAtMs(entry);
  const text = canonicalText(entry);
  return {
    space,
    partition,
    key: entry.key,
    seq: entry.seq,
    version: entry.version,
    deleted: entry.value === undefined,
    ...(due !== undefined && { dueAtMs: due }),
    terms: termsOf(entry),
    bytes: Buffer.byteLength(text),
    text,
  };
}

/** What `readEntry` reads: what an entry is found by can be as long as itself. */
export const ENTRY_TEXT = { text: 1 } as const;

const rowSchema = z.object({ text: z.string() });

export function readEntry(row: unknown): Entry {
  const entry: unknown = JSON.parse(rowSchema.parse(row).text);
  entrySchema.parse(entry);
  return entry as Entry;
}

const dueSchema = z.object({
  space: spaceIdSchema,
  partition: z.int(),
  key: z.string(),
  seq: z.int(),
  dueAtMs: z.number(),
});

export function readDue(row: unknown): DueEntry {
  const { dueAtMs: atMs, ...version } = dueSchema.parse(row);
  return { ...version, atMs };
}
