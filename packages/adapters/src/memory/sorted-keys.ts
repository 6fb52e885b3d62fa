import { compareKeys } from '@mnemon/core';

/** The keys of a partition in order. Sorting waits until somebody asks, and then only sorts what is new. */
export interface SortedKeys {
  /** A key that has not been added before. */
  add(key: string): void;
  /** All keys after `key` in order; from the first on when it is `undefined`. */
  after(key: string | undefined): Iterable<string>;
}

export function sortedKeys(): SortedKeys {
  let sorted: string[] = [];
  let added: string[] = [];

  return {
    add: (key) => {
      added.push(key);
    },
    *after(key) {
      if (added.length > 0) {
        sorted = mergeSorted(sorted, added.sort(compareKeys));
        added = [];
      }
      const keys = sorted;
      for (let i = key === undefined ? 0 : firstAfter(keys, key); i < keys.length; i++) {
        yield keys[i] as string;
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
