import type { Spaces } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';

/** The spaces in memory. */
export function memorySpaces({ state, commit }: Shared): Spaces {
  return {
    async list({ after, limit }) {
      const names = [...state().epochs.keys()].sort();
      return names.filter((name) => after === undefined || name > after).slice(0, limit);
    },

    async retention(space) {
      return state().retentions.get(space);
    },

    async setRetention(space, { logMs, snapshotEveryCommits }) {
      if (!state().epochs.has(space)) return false;
      commit({ type: 'retention', space, retention: { logMs, snapshotEveryCommits } });
      return true;
    },
  };
}
