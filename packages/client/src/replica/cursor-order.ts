import type { Cursor } from '@mnemon/protocol';

/** Where `seq` is the newest of `partition`; of other partitions it says nothing. */
export function cursorAt(epoch: string, partition: number, seq: number): Cursor {
  return { epoch, seq: Array.from({ length: partition + 1 }, (_, at) => (at === partition ? seq : 0)) };
}

/** Both of one epoch: per partition the further one. */
export function furthest(a: Cursor, b: Cursor): Cursor {
  const partitions = Math.max(a.seq.length, b.seq.length);
  const seq = Array.from({ length: partitions }, (_, at) => Math.max(a.seq[at] ?? 0, b.seq[at] ?? 0));
  return { epoch: a.epoch, seq };
}

/** How many commits `to` is ahead of `from`, both of one epoch. */
export const distance = (from: Cursor, to: Cursor): number =>
  to.seq.reduce((sum, seq, at) => sum + Math.max(0, seq - (from.seq[at] ?? 0)), 0);

export const isSame = (a: Cursor, b: Cursor): boolean =>
  a.epoch === b.epoch && distance(a, b) === 0 && distance(b, a) === 0;
