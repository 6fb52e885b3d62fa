import { compareTimes, type HybridTime } from '@mnemon/protocol';

/** When something was written, and by whom: no two writes share both. */
export interface Stamp {
  hlc: HybridTime;
  author: string;
}

/** Positive when `a` is the later one: by time, and of equal times by the greater instance id. Any two servers agree. */
export function compareStamps(a: Stamp, b: Stamp): number {
  const order = compareTimes(a.hlc, b.hlc);
  if (order !== 0) return order;
  return a.author === b.author ? 0 : a.author > b.author ? 1 : -1;
}

export const isLater = (a: Stamp, b: Stamp): boolean => compareStamps(a, b) > 0;

/** The later of two; the first when they are the same write. */
export const laterOf = <Each extends Stamp>(a: Each, b: Each): Each => (isLater(b, a) ? b : a);
