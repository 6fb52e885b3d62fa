import type { DueEntry, DuePage, Lifetimes } from '@mnemon/core';
import { dueName, readDueName } from './due-name.ts';
import type { Shared } from './embedded-store.ts';
import type { SortedKeys } from './sorted-keys.ts';
import { partitionOf } from './state.ts';

/** What is due, in memory. */
export function memoryLifetimes({ state, commit }: Shared): Lifetimes {
  return {
    expired: async (page) => dueBy(state().due.expired, page),
    tombstones: async (page) => dueBy(state().due.tombstones, page),

    async forgetInstances({ untilMs, limit }) {
      const silent = [...state().nodes.values()]
        .flatMap((ofSpace) => [...ofSpace.values()])
        .filter(({ lastSeenAtMs }) => lastSeenAtMs <= untilMs)
        .slice(0, limit);
      for (const { space, instanceId } of silent) commit({ type: 'forget-instance', space, instanceId });
      return silent.length;
    },

    async forget(tombstones) {
      for (const { space, partition, key, seq } of tombstones) {
        const entry = partitionOf(state(), { space, partition }).entries.get(key);
        if (!entry?.deleted || entry.seq !== seq) continue;
        commit({ type: 'forget', space, partition, tombstones: [{ key, seq }] });
      }
    },
  };
}

function dueBy(names: SortedKeys, { untilMs, after, limit }: DuePage): DueEntry[] {
  const page: DueEntry[] = [];
  for (const name of names.after(after && dueName(after.atMs, after, after))) {
    const due = readDueName(name);
    if (page.length >= limit || due.atMs > untilMs) break;
    page.push(due);
  }
  return page;
}
