import type { ConflictRecord, Conflicts } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';
import { readConflict } from './kept-conflicts.ts';
import { conflictsOf } from './state.ts';

const MOST_FREQUENT = 100;

/** The conflicts that appends have recorded, in memory. */
export function memoryConflicts({ state, commit }: Shared): Conflicts {
  return {
    async list(space, { beforeId, limit, status, strategy }) {
      const { rows, places } = conflictsOf(state(), space);
      const found: ConflictRecord[] = [];
      const end = beforeId === undefined ? rows.length : (places.get(beforeId) ?? 0);
      for (let place = end - 1; place >= 0 && found.length < limit; place--) {
        const conflict = readConflict(rows[place] as (typeof rows)[number]);
        const fits = (!status || conflict.status === status) && (!strategy || conflict.strategy === strategy);
        if (fits) found.push(conflict);
      }
      return found;
    },

    async recorded(space, { afterId, limit }) {
      const { rows, places } = conflictsOf(state(), space);
      const start = afterId === undefined ? 0 : (places.get(afterId) ?? rows.length) + 1;
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

const ranked = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_FREQUENT);
