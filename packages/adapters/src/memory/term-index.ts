import { termsOf } from '@mnemon/core';
import type { Entry } from '@mnemon/protocol';
import type { KeptEntry } from './journal-record.ts';

/** Which keys a term leads to. What was written is read when somebody looks for something, not before. */
export interface TermIndex {
  changed(key: string): void;
  /** Of `entries` as they are, by term. */
  read(entries: ReadonlyMap<string, KeptEntry>): ReadonlyMap<string, ReadonlySet<string>>;
}

export function termIndex(): TermIndex {
  const keysByTerm = new Map<string, Set<string>>();
  const termsByKey = new Map<string, readonly string[]>();
  const unread = new Set<string>();

  function replace(key: string, terms: readonly string[]): void {
    for (const term of termsByKey.get(key) ?? []) {
      const keys = keysByTerm.get(term);
      keys?.delete(key);
      if (keys?.size === 0) keysByTerm.delete(term);
    }
    for (const term of terms) {
      const keys = keysByTerm.get(term);
      if (keys) keys.add(key);
      else keysByTerm.set(term, new Set([key]));
    }
    if (terms.length === 0) termsByKey.delete(key);
    else termsByKey.set(key, terms);
  }

  return {
    changed: (key) => {
      unread.add(key);
    },
    read(entries) {
      for (const key of unread) {
        const entry = entries.get(key);
        replace(key, entry ? termsOf(JSON.parse(entry.text) as Entry) : []);
      }
      unread.clear();
      return keysByTerm;
    },
  };
}
