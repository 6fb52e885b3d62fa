import type { Imports } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';
import { rowsIn } from './state.ts';

/** Spaces that are being filled, in memory. */
export function memoryImports({ state, commit }: Shared): Imports {
  const isReserved = (space: SpaceId, importId: string) => state().imports.get(space) === importId;
  return {
    async reserve(space, importId) {
      if (state().epochs.has(space)) return false;
      commit({ type: 'reserve', space, importId });
      return true;
    },

    // All of it in one step: what is in memory needs no more.
    async clear(space, importId) {
      if (!isReserved(space, importId)) return 0;
      const rows = rowsIn(state(), space);
      if (rows > 0) commit({ type: 'clear', space });
      return rows;
    },

    async finish(space, importId, epoch) {
      if (!isReserved(space, importId)) return false;
      commit({ type: 'open', space, epoch });
      return true;
    },
  };
}
