import type { Nodes, ReachedNode } from '@mnemon/core';
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

    async silent({ untilMs, after, limit }) {
      const nodes = [...state().nodes.values()].flatMap((ofSpace) => [...ofSpace.values()]);
      const silent = nodes.filter(
        (node) =>
          node.status === 'online' && node.lastSeenAtMs <= untilMs && (!after || bySilence(node, after) > 0),
      );
      return silent
        .sort(bySilence)
        .slice(0, limit)
        .map((node) => structuredClone(node));
    },
  };
}

const bySilence = (one: ReachedNode, other: ReachedNode): number =>
  one.lastSeenAtMs - other.lastSeenAtMs ||
  compare(one.space, other.space) ||
  compare(one.instanceId, other.instanceId);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
