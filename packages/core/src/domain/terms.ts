import type { Entry } from '@mnemon/protocol';
import { wordsOfEntry } from './words.ts';

export const tagTerm = (tag: string): string => `t:${tag}`;
export const entityTerm = (entity: string): string => `e:${entity}`;
export const authorTerm = (author: string): string => `a:${author}`;
export const wordTerm = (word: string): string => `w:${word}`;

/** What an entry is found by, whatever store keeps it; a tombstone by nothing. */
export function termsOf(entry: Entry): readonly string[] {
  const { value, author, tags = [], entities = [] } = entry;
  if (value === undefined) return [];
  const terms = [
    authorTerm(author),
    ...tags.map(tagTerm),
    ...entities.map(entityTerm),
    ...[...wordsOfEntry(entry)].map(wordTerm),
  ];
  return [...new Set(terms)];
}
