import { canonicalText, type PartitionId } from '@mnemon/core';
import { type Entry, entrySchema } from '@mnemon/protocol';
import * as z from 'zod';
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
  text: string;
}

/** A key may hold any character: it is only ever compared whole, so none of them means anything. */
export const entryRowId = (at: PartitionId, key: string): string => `${rowsOf(at).$gt}${key}`;

export const toEntryRow = ({ space, partition }: PartitionId, entry: Entry): Omit<EntryRow, '_id'> => ({
  space,
  partition,
  key: entry.key,
  seq: entry.seq,
  version: entry.version,
  deleted: entry.value === undefined,
  text: canonicalText(entry),
});

const rowSchema = z.object({ text: z.string() });

export function readEntry(row: unknown): Entry {
  const entry: unknown = JSON.parse(rowSchema.parse(row).text);
  entrySchema.parse(entry);
  return entry as Entry;
}
