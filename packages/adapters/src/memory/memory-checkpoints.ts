import type { Checkpoints } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';

/** How far instances are, in memory. */
export function memoryCheckpoints({ state, commit }: Shared): Checkpoints {
  return {
    async put({ space, instanceId, cursor, events, clock, atMs }) {
      const checkpoint = structuredClone({ space, instanceId, cursor, events, clock, atMs });
      commit({ type: 'checkpoint', checkpoint });
    },

    async list(space) {
      return structuredClone([...(state().checkpoints.get(space)?.values() ?? [])]);
    },
  };
}
