import type { IndexQuery } from '@mnemon/core';
import type { Entry } from '@mnemon/protocol';
import type { Condition, Filter } from 'mongodb';
import type { Collections } from './collections.ts';
import { ENTRY_TEXT, type EntryRow, readEntry } from './entry-row.ts';

export type Entries = Collections['entries'];

/** The index of `_id`, which is in the order of keys. Left to itself a database may sort instead. */
export const IN_ORDER = { _id: 1 } as const;

/** The first that fit of those rows, in order. */
export async function readFitting(
  entries: Entries,
  { terms, afterSeq, limit }: Pick<IndexQuery, 'terms' | 'afterSeq' | 'limit'>,
  _id: Condition<string>,
): Promise<Entry[]> {
  const fitting: Filter<EntryRow> = {
    _id,
    deleted: false,
    ...(terms.length > 0 && { terms: { $all: [...terms] } }),
    ...(afterSeq > 0 && { seq: { $gt: afterSeq } }),
  };
  const rows = entries.find(fitting, { projection: ENTRY_TEXT, hint: IN_ORDER }).sort(IN_ORDER);
  return (await rows.limit(limit).batchSize(limit).toArray()).map(readEntry);
}
