import type { Entry } from '@mnemon/protocol';
import type { SealedCommit } from './commit.ts';
import { compareKeys } from './compare-keys.ts';
import { evolve } from './decide.ts';

/** The last version of each key that `commits`, in their order, leave behind; in the order of the keys. */
export function lastVersions(commits: readonly SealedCommit[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { commit } of commits) {
    for (const event of commit.events) entries.set(event.key, evolve(event, commit.partition, commit.seq));
  }
  return [...entries.values()].sort((a, b) => compareKeys(a.key, b.key));
}

/** Both, in the order of their keys; of two versions of a key the newer one. Each is in that order, and has a key once. */
export function mergeEntries(a: readonly Entry[], b: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let i = 0;
  for (const entry of b) {
    for (; i < a.length && compareKeys((a[i] as Entry).key, entry.key) < 0; i++) merged.push(a[i] as Entry);
    const same = a[i]?.key === entry.key ? a[i++] : undefined;
    merged.push(same && same.seq >= entry.seq ? same : entry);
  }
  return merged.concat(a.slice(i));
}
