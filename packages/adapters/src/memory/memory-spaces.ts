import type { Spaces } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';

/** The spaces in memory. */
export function memorySpaces({ state, commit }: Shared): Spaces {
  /** Not journaled: it is no more than an order. */
  const upkeptAtMs = new Map<SpaceId, number>();
  const lastOf = (space: SpaceId): number => upkeptAtMs.get(space) ?? Number.NEGATIVE_INFINITY;
  return {
    async dueForUpkeep({ beforeMs, limit }) {
      const due = [...state().epochs.keys()].filter((space) => lastOf(space) < beforeMs);
      return due.sort((a, b) => lastOf(a) - lastOf(b)).slice(0, limit);
    },

    async beginUpkeep(space, atMs) {
      if (state().epochs.has(space)) upkeptAtMs.set(space, atMs);
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
