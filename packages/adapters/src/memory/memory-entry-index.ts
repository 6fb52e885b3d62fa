import { compareKeys, type EntryIndex, type IndexQuery } from '@mnemon/core';
import { type Entry, isInScope, type Scope } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';
import { type Partition, partitionOf } from './state.ts';

/** Fewer are sorted when they are asked for; more are met soon enough in the order of all keys. */
const RARE = 2_000;
const STRETCH = 10_000;

/** Finds entries in memory. */
export function memoryEntryIndex({ state }: Shared): EntryIndex {
  return {
    async find(query) {
      const from = partitionOf(state(), query);
      const sets = keysOfTerms(from, query.terms);
      const rare = rareKeys(from, sets, query);
      const fits = fitsIn(from, sets, query);
      const keys = rare ? rare.sort(compareKeys) : keysFrom(from, query);
      const entries: Entry[] = [];
      let looked = 0;
      for (const key of keys) {
        if (!isInScope(query.within, key)) break;
        const entry = from.entries.get(key);
        if (entry && fits(key)) entries.push(JSON.parse(entry.text) as Entry);
        if (entries.length >= query.limit || (!rare && ++looked >= STRETCH)) {
          return { entries, reachedKey: key };
        }
      }
      return { entries };
    },
  };
}

/** Works out what was written since terms were last asked for; not when none is. */
function keysOfTerms({ entries, terms }: Partition, wanted: readonly string[]): ReadonlySet<string>[] {
  if (wanted.length === 0) return [];
  const keysByTerm = terms.read(entries);
  return wanted.map((term) => keysByTerm.get(term) ?? new Set());
}

function fitsIn(
  { entries }: Partition,
  sets: readonly ReadonlySet<string>[],
  query: IndexQuery,
): (key: string) => boolean {
  return (key) => {
    const entry = entries.get(key);
    return (
      entry !== undefined && !entry.deleted && entry.seq > query.afterSeq && sets.every((set) => set.has(key))
    );
  };
}

/** The keys among which all that fit are, when something in the query leads to few. */
function rareKeys(
  from: Partition,
  sets: readonly ReadonlySet<string>[],
  { afterSeq, afterKey, within }: IndexQuery,
): string[] | undefined {
  const changed = afterSeq > 0 ? changedKeys(from, afterSeq) : undefined;
  const [rarest] = [...sets, ...(changed ? [changed] : [])].sort((a, b) => a.size - b.size);
  if (!rarest || rarest.size > RARE) return undefined;
  const isAhead = (key: string) => afterKey === undefined || compareKeys(key, afterKey) > 0;
  return [...rarest].filter((key) => isInScope(within, key) && isAhead(key));
}

/** `undefined` when they are many, or the log no longer tells. */
function changedKeys({ commits, floor }: Partition, afterSeq: number): Set<string> | undefined {
  if (afterSeq < floor) return undefined;
  const changed = new Set<string>();
  const first = commits[0]?.seq ?? afterSeq + 1;
  for (const { keys } of commits.slice(Math.max(0, afterSeq + 1 - first))) {
    for (const key of keys) changed.add(key);
    if (changed.size > RARE) return undefined;
  }
  return changed;
}

function keysFrom({ keys, entries }: Partition, { within, afterKey }: IndexQuery): Iterable<string> {
  if ('key' in within) return afterKey === undefined && entries.has(within.key) ? [within.key] : [];
  return keys.after(afterKey ?? beginningOf(within));
}

// No key ends with a slash, so what is after one is below it.
const beginningOf = (scope: Extract<Scope, { prefix: string }>): string | undefined =>
  scope.prefix === '' ? undefined : `${scope.prefix}/`;
