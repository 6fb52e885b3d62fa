import type { EntryIndex, IndexPage, IndexQuery } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { entryRowId, keyOfRow, readEntry } from './entry-row.ts';
import { firstSure } from './first-sure.ts';
import { followLead, leadsOf } from './follow-lead.ts';
import { leadSizes } from './lead-sizes.ts';
import { reachable } from './mongo-failures.ts';
import { type Entries, IN_ORDER, readFitting } from './read-fitting.ts';
import { rowsBelow, rowsOf } from './row-range.ts';

const STRETCH = 1_000;

interface KeyRange {
  $gt: string;
  $lt: string;
}

/** Finds entries in MongoDB. */
export function mongoEntryIndex({ db }: { db: Db }): EntryIndex {
  const { entries } = collectionsOf(db);
  const sizes = leadSizes();
  return reachable<EntryIndex>({
    async find(query) {
      const { within, afterKey } = query;
      if ('key' in within) {
        const id = entryRowId(query, within.key);
        return { entries: afterKey === undefined ? await readFitting(entries, query, id) : [] };
      }
      const below = within.prefix === '' ? rowsOf(query) : rowsBelow(query, within.prefix);
      const range = afterKey === undefined ? below : { ...below, $gt: entryRowId(query, afterKey) };
      const leads = leadsOf(query);
      if (leads.length === 0) return readAll(entries, query, range);
      const short = leads.find(({ name }) => sizes.get(name) === 'few');
      const page = short && (await followLead(entries, sizes, query, short));
      if (page) return page;
      // Which way is shorter shows only on it. Both at once, then, and the first that has an answer is right.
      const walk = readStretch(entries, query, range);
      const found = await firstSure([
        walk.then((page) => (isAnswer(page, query) ? page : undefined)),
        ...leads.map((lead) => followLead(entries, sizes, query, lead)),
      ]);
      return found ?? walk;
    },
  });
}

/** Whether looking further in the order of keys would be of no use. */
const isAnswer = ({ entries, reachedKey }: IndexPage, { limit }: IndexQuery): boolean =>
  entries.length === limit || reachedKey === undefined;

/** As many rows as are asked for, in their order; tombstones are among them, and left out of the page. */
async function readAll(entries: Entries, query: IndexQuery, _id: KeyRange): Promise<IndexPage> {
  const { limit } = query;
  const projection = { deleted: 1, text: 1 };
  const found = entries.find({ _id }, { projection, hint: IN_ORDER }).sort(IN_ORDER);
  const rows = await found.limit(limit).batchSize(limit).toArray();
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    entries: rows.filter(({ deleted }) => !deleted).map(readEntry),
    ...(last && { reachedKey: keyOfRow(query, last._id) }),
  };
}

/**
 * First where the stretch ends, by the index alone, then what fits in it: what comes and goes meanwhile moves no border.
 */
async function readStretch(entries: Entries, query: IndexQuery, range: KeyRange): Promise<IndexPage> {
  const [border] = await entries
    .find({ _id: range }, { projection: { _id: 1 }, hint: IN_ORDER })
    .sort(IN_ORDER)
    .skip(STRETCH - 1)
    .limit(1)
    .toArray();
  const page = await readFitting(entries, query, border ? { $gt: range.$gt, $lte: border._id } : range);
  const reachedKey = page.length === query.limit ? page.at(-1)?.key : border && keyOfRow(query, border._id);
  return { entries: page, ...(reachedKey !== undefined && { reachedKey }) };
}
