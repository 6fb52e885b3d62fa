import { compareKeys } from '@mnemon/core';

/** A set of keys in order. Sorting waits until somebody asks, and then only sorts what is new. */
export interface SortedKeys {
  add(key: string): void;
  delete(key: string): void;
  /** All keys after `key` in order; from the first on when it is `undefined`. Ends with the step that asked. */
  after(key: string | undefined): Iterable<string>;
}

export function sortedKeys(): SortedKeys {
  let sorted: string[] = [];
  const added = new Set<string>();
  /** Still in `sorted`: taking a key out of its middle would cost as much as all of it. */
  const deleted = new Set<string>();
  /** In `sorted` and not deleted, or added. */
  const present = new Set<string>();

  function settle(): void {
    if (added.size === 0 && deleted.size <= sorted.length / 2) return;
    const left = deleted.size === 0 ? sorted : sorted.filter((key) => !deleted.has(key));
    sorted = mergeSorted(left, [...added].sort(compareKeys));
    added.clear();
    deleted.clear();
  }

  return {
    add(key) {
      if (present.has(key)) return;
      present.add(key);
      if (!deleted.delete(key)) added.add(key);
    },
    delete(key) {
      if (!present.delete(key)) return;
      if (!added.delete(key)) deleted.add(key);
    },
    *after(key) {
      settle();
      for (let i = key === undefined ? 0 : firstAfter(sorted, key); i < sorted.length; i++) {
        const next = sorted[i] as string;
        if (!deleted.has(next)) yield next;
      }
    },
  };
}

function mergeSorted(a: readonly string[], b: readonly string[]): string[] {
  const merged: string[] = [];
  let i = 0;
  for (const key of b) {
    while (i < a.length && compareKeys(a[i] as string, key) < 0) merged.push(a[i++] as string);
    merged.push(key);
  }
  while (i < a.length) merged.push(a[i++] as string);
  return merged;
}

function firstAfter(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] as string, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
