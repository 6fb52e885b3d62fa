import type { EntryIndex, IndexPage, IndexQuery } from '@mnemon/core';
import type { Db, Filter } from 'mongodb';
import * as z from 'zod';
import { type Collections, collectionsOf } from './collections.ts';
import { type EntryRow, entryRowId, readEntry } from './entry-row.ts';
import { reachable } from './mongo-failures.ts';
import { rowsBelow, rowsOf } from './row-range.ts';

/** Fewer than this are read by the index of what makes them rare, and sorted; more are met soon enough in their order. */
const RARE = 2_000;
const STRETCH = 1_000;

type Entries = Collections['entries'];
interface KeyRange {
  $gt: string;
  $lt: string;
}

/** Finds entries in MongoDB. */
export function mongoEntryIndex({ db }: { db: Db }): EntryIndex {
  const { entries } = collectionsOf(db);
  return reachable<EntryIndex>({
    async find(query) {
      const { within, afterKey } = query;
      if ('key' in within) {
        const _id = entryRowId(query, within.key);
        const rows = afterKey === undefined ? await entries.find({ _id, ...fitting(query) }).toArray() : [];
        return { entries: rows.map(readEntry) };
      }
      const below = within.prefix === '' ? rowsOf(query) : rowsBelow(query, within.prefix);
      const range = afterKey === undefined ? below : { ...below, $gt: entryRowId(query, afterKey) };
      const rarest = await rarestOf(entries, query);
      return rarest ? findRare(entries, query, range, rarest) : findInOrder(entries, query, range);
    },
  });
}

/** What a row has to be, wherever it is. */
const fitting = ({ terms, afterSeq }: IndexQuery): Filter<EntryRow> => ({
  deleted: false,
  ...(terms.length > 0 && { terms: { $all: [...terms] } }),
  ...(afterSeq > 0 && { seq: { $gt: afterSeq } }),
});

/** What in the query leads to the fewest rows, if they are few. Each count ends when it is clear that they are not. */
async function rarestOf(
  entries: Entries,
  { space, partition, terms, afterSeq }: IndexQuery,
): Promise<Filter<EntryRow> | undefined> {
  const filters: Filter<EntryRow>[] = terms.map((term) => ({ terms: term }));
  if (afterSeq > 0) filters.push({ seq: { $gt: afterSeq } });
  const counted = filters.map(async (filter) => ({
    filter,
    count: await entries.countDocuments({ space, partition, ...filter }, { limit: RARE }),
  }));
  const [rarest] = (await Promise.all(counted)).sort((a, b) => a.count - b.count);
  return rarest && rarest.count < RARE ? rarest.filter : undefined;
}

async function findRare(
  entries: Entries,
  query: IndexQuery,
  _id: KeyRange,
  rarest: Filter<EntryRow>,
): Promise<IndexPage> {
  const { space, partition, limit } = query;
  const rows = await entries
    .aggregate([
      { $match: { space, partition, _id, ...rarest } },
      { $sort: { key: 1 } },
      // More than there are: it keeps the database from beginning with a term that leads to many.
      { $limit: 2 * RARE },
      { $match: fitting(query) },
      { $limit: limit },
      { $project: { text: 1 } },
    ])
    .toArray();
  const page = rows.map(readEntry);
  const last = page.length === limit ? page.at(-1) : undefined;
  return { entries: page, ...(last && { reachedKey: last.key }) };
}

/** First where the stretch ends, then what is in it: what comes and goes meanwhile moves no border. */
async function findInOrder(entries: Entries, query: IndexQuery, range: KeyRange): Promise<IndexPage> {
  const { limit } = query;
  const [border] = await entries
    .find({ _id: range }, { projection: { key: 1 } })
    .sort({ _id: 1 })
    .skip(STRETCH - 1)
    .limit(1)
    .toArray();
  const end = border && borderSchema.parse(border);
  const _id = end ? { $gt: range.$gt, $lte: end._id } : range;
  const rows = entries.find({ _id, ...fitting(query) }).sort({ _id: 1 });
  const page = (await rows.limit(limit).batchSize(limit).toArray()).map(readEntry);
  const reachedKey = page.length === limit ? page.at(-1)?.key : end?.key;
  return { entries: page, ...(reachedKey !== undefined && { reachedKey }) };
}

const borderSchema = z.object({ _id: z.string(), key: z.string() });
