import { canonicalText, type Inbox, type WaitingBatch } from '@mnemon/core';
import { inOrder } from '../inbox-order.ts';
import type { Shared } from './embedded-store.ts';
import { mutationName, partitionOf } from './state.ts';

/** Waiting batches in memory, and the write lease, which ends with the process: so does its holder. */
export function memoryInbox({ state, commit, now }: Shared): Inbox {
  return {
    async put({ space, partition }, waiting) {
      const { client, n } = waiting.batch;
      const existing = partitionOf(state(), { space, partition }).inbox.get(mutationName({ client, n }));
      if (existing) return { waitedMs: Math.max(0, now() - existing.arrivedAtMs) };
      const batch = { client, n, arrivedAtMs: now(), text: canonicalText(waiting) };
      commit({ type: 'put', space, partition, batch });
      return { waitedMs: 0 };
    },

    async list(at, limit) {
      const { inbox } = partitionOf(state(), at);
      return inOrder([...inbox.values()])
        .slice(0, limit)
        .map(({ text }) => JSON.parse(text) as WaitingBatch);
    },

    async stranded(waitedMs, limit) {
      const untilMs = now() - waitedMs;
      const waiting = [...state().partitions].flatMap(([space, ofSpace]) =>
        [...ofSpace]
          .filter(([, { inbox }]) => [...inbox.values()].some(({ arrivedAtMs }) => arrivedAtMs <= untilMs))
          .map(([partition]) => ({ space, partition })),
      );
      return waiting.slice(0, limit);
    },

    async remove({ space, partition }, mutations) {
      const { inbox } = partitionOf(state(), { space, partition });
      const waiting = mutations.filter((mutation) => inbox.has(mutationName(mutation)));
      if (waiting.length > 0) commit({ type: 'remove', space, partition, mutations: waiting });
    },

    async acquireLease(at, holder, leaseMs) {
      if (!state().epochs.has(at.space)) return false;
      const of = partitionOf(state(), at);
      if (of.lease && of.lease.holder !== holder && of.lease.untilMs > now()) return false;
      of.lease = { holder, untilMs: now() + leaseMs };
      return true;
    },

    async releaseLease(at, holder) {
      const of = partitionOf(state(), at);
      if (of.lease?.holder === holder) of.lease = undefined;
    },
  };
}
