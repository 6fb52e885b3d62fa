import type { Policies } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';

/** Policies in memory. */
export function memoryPolicies({ state, commit }: Shared): Policies {
  return {
    get: async (space) => state().policies.get(space) ?? [],
    async set(space, policies) {
      if (!state().epochs.has(space)) return false;
      commit({ type: 'policies', space, policies: structuredClone(policies) });
      return true;
    },
  };
}
