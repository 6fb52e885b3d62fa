import type { Delivery } from '@mnemon/protocol';

/** The parts of one commit, until all are there: they are applied together or not at all (I4). */
export interface PartialCommit {
  /** A part of another commit starts anew. */
  add(delivery: Delivery): void;
  /** The newest commit with the events of all its parts, once none is missing. */
  whole(): Delivery | undefined;
}

/** A commit of which nothing is there yet. */
export function createPartialCommit(): PartialCommit {
  const parts = new Map<number, Delivery>();
  let expected = 1;
  let seq = 0;

  function add(delivery: Delivery): void {
    const { index, count } = delivery.part ?? { index: 0, count: 1 };
    // Another commit, or this one cut anew: old and new parts don't fit together.
    if (delivery.seq !== seq || count !== expected) parts.clear();
    seq = delivery.seq;
    expected = count;
    parts.set(index, delivery);
  }

  function whole(): Delivery | undefined {
    if (parts.size < expected) return undefined;
    const only = parts.get(0);
    if (only && !only.part) return only;
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
    const { part: _, ...commit } = inOrder[0] as Delivery;
    return { ...commit, events: inOrder.flatMap(({ events }) => events) };
  }

  return { add, whole };
}
