import type { ConflictRecord, Conflicts } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';
import { type KeptConflicts, readConflict } from './kept-conflicts.ts';
import { conflictsOf } from './state.ts';

const MOST_FREQUENT = 100;

/** The conflicts that appends have recorded, in memory. */
export function memoryConflicts({ state, commit }: Shared): Conflicts {
  return {
    async list(space, { beforeId, limit, status, strategy }) {
      const kept = conflictsOf(state(), space);
      const { rows } = kept;
      const found: ConflictRecord[] = [];
      const end = beforeId === undefined ? rows.length : (placeOf(kept, beforeId) ?? 0);
      for (let place = end - 1; place >= 0 && found.length < limit; place--) {
        const conflict = readConflict(rows[place] as (typeof rows)[number]);
        const fits = (!status || conflict.status === status) && (!strategy || conflict.strategy === strategy);
        if (fits) found.push(conflict);
      }
      return found;
    },

    async recorded(space, { afterId, limit }) {
      const kept = conflictsOf(state(), space);
      const { rows, places } = kept;
      const place = afterId === undefined ? 0 : (placeOf(kept, afterId) ?? rows.length);
      const start = afterId !== undefined && places.has(afterId) ? place + 1 : place;
      return rows.slice(start, start + limit).map(readConflict);
    },

    async get(space, id) {
      const { rows, places } = conflictsOf(state(), space);
      const row = rows[places.get(id) ?? -1];
      return row && readConflict(row);
    },

    async forget(space, { untilMs, limit }) {
      const resolved = [...conflictsOf(state(), space).resolvedAtMs];
      const due = resolved.filter(([, atMs]) => atMs <= untilMs).slice(0, limit);
      if (due.length > 0) commit({ type: 'forget-conflicts', space, ids: due.map(([id]) => id) });
      return due.length;
    },

    async stats(space) {
      const { byStrategy, byPattern, byPair } = conflictsOf(state(), space).counts;
      return { byStrategy: ranked(byStrategy), byPattern: ranked(byPattern), byPair: ranked(byPair) };
    },
  };
}

/** Where a record is, or, when it was forgotten, the first one after it; `undefined` for what is no conflict's id. */
function placeOf({ rows, places }: KeptConflicts, id: string): number | undefined {
  const known = places.get(id);
  const [seq, index] = numbersOf(id);
  if (known !== undefined || seq === undefined || index === undefined) return known;
  const place = rows.findIndex((row) => {
    const [rowSeq = 0, rowIndex = 0] = numbersOf(row.id);
    return rowSeq > seq || (rowSeq === seq && rowIndex > index);
  });
  return place < 0 ? rows.length : place;
}

/** Of the commit, and within it. */
const numbersOf = (id: string): number[] => (/^\d+\.(\d+)\.(\d+)$/.exec(id) ?? []).slice(1).map(Number);

const ranked = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_FREQUENT);
