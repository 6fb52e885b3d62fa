import { compareKeys, type IndexPage, type IndexQuery } from '@mnemon/core';
import type { Document, Filter } from 'mongodb';
import * as z from 'zod';
import { type EntryRow, readEntry } from './entry-row.ts';
import type { LeadSizes } from './lead-sizes.ts';
import { isTooSlow } from './mongo-failures.ts';
import { type Entries, readFitting } from './read-fitting.ts';

/** Fewer than this are read by the index of what makes them rare, and sorted; more are met soon enough in their order. */
const RARE = 2_000;
/** Some databases collect all that an index leads to before they give the first. */
const LEAD_MS = 1_000;
/** So that all candidates together are no burden. Larger ones are read when it is known which of them. */
const SMALL_BYTES = 2_048;

/** One thing that an entry has to be, with an index of its own. */
export interface Lead {
  name: string;
  filter: Filter<EntryRow>;
}

export function leadsOf({ space, partition, terms, afterSeq }: IndexQuery): Lead[] {
  const lead = (name: string, filter: Filter<EntryRow>): Lead => ({
    name: `${space}/${partition}/${name}`,
    filter: { space, partition, ...filter },
  });
  return [
    ...terms.map((term) => lead(term, { terms: term })),
    ...(afterSeq > 0 ? [lead(`after ${afterSeq}`, { seq: { $gt: afterSeq } })] : []),
  ];
}

/** What fits of all that a lead leads to, in order; `undefined` when that is too much. */
export async function followLead(
  entries: Entries,
  sizes: LeadSizes,
  query: IndexQuery,
  { name, filter }: Lead,
): Promise<IndexPage | undefined> {
  const { limit } = query;
  if (sizes.get(name) === 'many') return undefined;
  const rows = await candidates(entries, { ...filter, ...keysOf(query) }, query);
  const isMany = !rows || rows.length === RARE;
  sizes.set(name, isMany ? 'many' : 'few');
  if (isMany) return undefined;
  const found = rows.map((row) => rowSchema.parse(row)).filter(({ fits }) => fits);
  found.sort((a, b) => compareKeys(a.key, b.key));
  const page = found.slice(0, limit);
  const large = page.flatMap(({ _id, text }) => (text === undefined ? _id : []));
  const read = [
    ...page.flatMap(({ text }) => (text === undefined ? [] : readEntry({ text }))),
    ...(large.length > 0 ? await readFitting(entries, query, { $in: large }) : []),
  ];
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    entries: read.sort((a, b) => compareKeys(a.key, b.key)),
    ...(last && { reachedKey: last.key }),
  };
}

const rowSchema = z.object({
  _id: z.string(),
  key: z.string(),
  fits: z.boolean(),
  text: z.string().optional(),
});

/** The first that a lead leads to, in whatever order; `undefined` when that takes too long. */
function candidates(
  entries: Entries,
  match: Filter<EntryRow>,
  query: IndexQuery,
): Promise<Document[] | undefined> {
  const fits = {
    $and: [
      { $setIsSubset: [{ $literal: [...query.terms] }, '$terms'] },
      { $gt: ['$seq', query.afterSeq] },
      { $not: ['$deleted'] },
    ],
  };
  const text = { $cond: [{ $lte: ['$bytes', SMALL_BYTES] }, '$text', '$$REMOVE'] };
  // What else has to fit is looked at after the limit: as part of the match it could make another index come first.
  return entries
    .aggregate([{ $match: match }, { $limit: RARE }, { $project: { key: 1, fits, text } }], {
      maxTimeMS: LEAD_MS,
      batchSize: RARE,
    })
    .toArray()
    .catch((error: unknown) => {
      if (isTooSlow(error)) return undefined;
      throw error;
    });
}

/** Where the keys lie: by the field that the index of terms has beside each. */
function keysOf({ within, afterKey }: IndexQuery): Filter<EntryRow> {
  const prefix = 'prefix' in within ? within.prefix : '';
  const bounds = {
    ...(prefix !== '' && { $gt: `${prefix}/`, $lt: `${prefix}0` }), // the character after the slash
    ...(afterKey !== undefined && { $gt: afterKey }),
  };
  return Object.keys(bounds).length > 0 ? { key: bounds } : {};
}
