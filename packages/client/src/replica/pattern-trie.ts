import { createRunTrie } from './run-trie.ts';

/**
 * Items under patterns. What a lookup costs depends on the key and on the patterns that match it or begin like it, not on
 * how many others there are; no pattern makes it exponential.
 */
export interface PatternTrie<Item> {
  add(pattern: string, item: Item): void;
  remove(pattern: string, item: Item): void;
  /** The items of every pattern that matches `key`, as `matches` of the protocol says, in no particular order. */
  find(key: string): Item[];
}

export function createPatternTrie<Item>(): PatternTrie<Item> {
  const literals = new Map<string, Set<Item>>();
  const everywhere = new Set<Item>();
  const globs = createRunTrie<Item>('**', isGlob);

  return {
    add(pattern, item) {
      if (pattern === '**') everywhere.add(item);
      else if (pattern.includes('*')) globs.add(pattern.split('/'), item);
      else literals.set(pattern, (literals.get(pattern) ?? new Set()).add(item));
    },
    remove(pattern, item) {
      if (pattern === '**') everywhere.delete(item);
      else if (pattern.includes('*')) globs.remove(pattern.split('/'), item);
      else if (literals.get(pattern)?.delete(item) && literals.get(pattern)?.size === 0) {
        literals.delete(pattern);
      }
    },
    find(key) {
      const found = globs.isEmpty ? [] : globs.find(key.split('/'));
      for (const item of everywhere) found.push(item);
      for (const item of literals.get(key) ?? NONE) found.push(item);
      return found;
    },
  };
}

const NONE = [] as const;

/** `*` and `**` alone need no search through their characters. */
const isGlob = (segment: string): boolean => segment.includes('*') && segment !== '*' && segment !== '**';
