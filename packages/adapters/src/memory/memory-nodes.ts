import type { Nodes } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';

/** Presence in memory. */
export function memoryNodes({ state, commit }: Shared): Nodes {
  return {
    async put(node) {
      const { space, instanceId, userId, status, lastSeenAtMs } = node;
      commit({ type: 'node', node: { space, instanceId, userId, status, lastSeenAtMs } });
    },

    async list(space) {
      const nodes = state().nodes.get(space)?.values() ?? [];
      return [...nodes].map((node) => ({ ...node }));
    },
  };
}
