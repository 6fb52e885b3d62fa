import { type JsonValue, type LargeValue, type Strategy, utf8Length } from '@mnemon/protocol';
import { canonicalText, hashOf } from './commit.ts';

/** What is said of a value in its place, and its text, which is kept elsewhere. */
export function setApart(value: JsonValue): { large: LargeValue; text: string } {
  const text = canonicalText(value);
  return { text, large: { sizeBytes: utf8Length(text), hash: hashOf(text) } };
}

/**
 * Those that take one of two versions as it is. The others look into values, and a decision reads none that is kept apart:
 * what a commit costs must not depend on how large they are.
 */
const CHOOSING: ReadonlySet<Strategy> = new Set(['last-write-wins', 'importance', 'vector-clock']);

export const takesLargeValues = (strategy: Strategy): boolean => CHOOSING.has(strategy);
