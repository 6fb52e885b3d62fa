import { compareTimes, type HybridTime } from '@mnemon/protocol';

/** What a strategy needs to know of each of two concurrent writes. */
export interface Write {
  hlc: HybridTime;
  author: string;
}

/** Whether `a` wins over `b`: the later time, and of equal times the greater instance id. Any two servers agree. */
export function isLater(a: Write, b: Write): boolean {
  const order = compareTimes(a.hlc, b.hlc);
  return order !== 0 ? order > 0 : a.author > b.author;
}
