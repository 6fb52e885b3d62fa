import type { DueEntry, DuePage, Lifetimes } from '@mnemon/core';
import { dueName, readDueName } from './due-name.ts';
import type { Shared } from './embedded-store.ts';
import type { SortedKeys } from './sorted-keys.ts';
import { partitionOf } from './state.ts';

/** What is due, in memory. */
export function memoryLifetimes({ state, commit }: Shared): Lifetimes {
  return {
    expired: async (page) => dueBy(state().due, page),

    async forgetInstances({ untilMs, limit }) {
      const silent = [...state().nodes.values()]
        .flatMap((ofSpace) => [...ofSpace.values()])
        .filter(({ lastSeenAtMs }) => lastSeenAtMs <= untilMs)
        .slice(0, limit);
      for (const { space, instanceId } of silent) commit({ type: 'forget-instance', space, instanceId });
      return silent.length;
    },

    async forgetTombstones({ space, partition, upToSeq, untilMs, limit }) {
      const tombstones: { key: string; seq: number }[] = [];
      for (const { key, seq, deleted, dueAtMs } of partitionOf(state(), {
        space,
        partition,
      }).entries.values()) {
        const isOld = deleted && seq <= upToSeq && dueAtMs !== undefined && dueAtMs <= untilMs;
        if (isOld && tombstones.length < limit) tombstones.push({ key, seq });
      }
      if (tombstones.length > 0) commit({ type: 'forget', space, partition, tombstones });
      return tombstones.length;
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
