import { allows, type Entry, type FoundPage, isInScope, isLive, type Scope } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { canonicalText, hashOf } from '../domain/commit.ts';
import { foundToken } from '../domain/found-page.ts';
import { shown } from '../domain/shown.ts';
import { groupBySize } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { foreignPage } from './find-moment.ts';
import { type Answered, ok, refuse } from './refusal.ts';
import { DEFAULT_ITEMS } from './scoped-entries.ts';

/** However few of what they give is left. */
const STRETCHES_PER_PAGE = 8;

/** What is looked for. */
export interface Criteria {
  /** Disjoint, in order. */
  ranges: readonly Scope[];
  terms: readonly string[];
  afterSeq: number;
  /** What no index tells. */
  isWanted(entry: Entry): boolean;
}

interface Paging {
  limit?: number | undefined;
  page?: string | undefined;
}

interface Place {
  range: number;
  afterKey?: string | undefined;
}

/**
 * One page of the entries that fit, within the grants (I8). Its cost is bounded: it may be empty and have a successor.
 * Refuses with `bad-cursor` a page of another question, or one that was begun with other grants.
 */
export async function findEntries(
  ports: Pick<Ports, 'index' | 'clock'>,
  identity: Identity,
  criteria: Criteria,
  question: object,
  { limit = DEFAULT_ITEMS, page }: Paging,
): Promise<Answered<FoundPage>> {
  const name = hashOf(canonicalText({ question, ranges: criteria.ranges })).slice(0, 16);
  const token = page === undefined ? undefined : foundToken.decode(page);
  if (page !== undefined && token?.question !== name) return refuse(foreignPage());
  const { entries, next } = await gather(ports, identity, criteria, token ?? { range: 0 }, limit);
  const fitting = groupBySize(entries)[0] ?? [];
  const isCut = fitting.length < entries.length;
  const place = isCut ? placeOf(criteria, fitting.at(-1)) : next;
  return ok({
    entries: [...fitting],
    ...(place && { page: foundToken.encode({ of: 'found', question: name, ...place }) }),
  });
}

async function gather(
  { index, clock }: Pick<Ports, 'index' | 'clock'>,
  { space, grants }: Identity,
  criteria: Criteria,
  from: Place,
  limit: number,
): Promise<{ entries: Entry[]; next: Place | undefined }> {
  const { ranges, terms, afterSeq, isWanted } = criteria;
  const nowMs = clock.now();
  const isVisible = (entry: Entry) => isLive(entry, nowMs) && allows(grants, 'read', entry.key);
  const entries: Entry[] = [];
  let { range, afterKey } = from;
  for (let stretch = 1; range < ranges.length; stretch++) {
    const query = { space, partition: 0, within: ranges[range] as Scope, terms, afterSeq, afterKey };
    const found = await index.find({ ...query, limit: limit - entries.length });
    entries.push(...found.entries.filter((entry) => isVisible(entry) && isWanted(entry)).map(shown));
    afterKey = found.reachedKey;
    if (afterKey === undefined) range++;
    if (entries.length < limit && stretch < STRETCHES_PER_PAGE) continue;
    // I8: a page names a key that its reader may know. As long as there is none, it is worth a longer look.
    if (afterKey === undefined || allows(grants, 'read', afterKey)) break;
    if (entries.length > 0) return { entries, next: placeOf(criteria, entries.at(-1)) };
  }
  return {
    entries,
    next: range < ranges.length ? { range, ...(afterKey !== undefined && { afterKey }) } : undefined,
  };
}

function placeOf({ ranges }: Criteria, last: Entry | undefined): Place | undefined {
  const range = ranges.findIndex((scope) => last && isInScope(scope, last.key));
  return last && { range, afterKey: last.key };
}
