import type { Nodes } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';

/** Presence in memory. */
export function memoryNodes({ state, commit }: Shared): Nodes {
  return {
    async put(node) {
      const former = state().nodes.get(node.space)?.get(node.instanceId);
      if (former && former.connectedAtMs > node.connectedAtMs) return;
      commit({ type: 'node', node: JSON.parse(JSON.stringify(node)) });
    },

    async leave({ space, instanceId, connectionId }, atMs) {
      const node = state().nodes.get(space)?.get(instanceId);
      if (node?.connectionId !== connectionId || node.status === 'offline') return undefined;
      commit({ type: 'node', node: { ...node, status: 'offline', lastSeenAtMs: atMs } });
      return structuredClone(node);
    },

    get: async ({ space, instanceId }) => structuredClone(state().nodes.get(space)?.get(instanceId)),

    async list(space, { after = '', limit } = { after: undefined, limit: Number.POSITIVE_INFINITY }) {
      const nodes = [...(state().nodes.get(space)?.values() ?? [])];
      const following = nodes.filter(({ instanceId }) => instanceId > after);
      following.sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
      return following.slice(0, limit).map((node) => structuredClone(node));
    },
  };
}
