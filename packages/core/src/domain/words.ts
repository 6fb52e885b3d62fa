import type { Entry, JsonValue } from '@mnemon/protocol';

/** An entry is found by at most as many words: each is an entry in an index. */
const MAX_WORDS = 128;
const MAX_WORD_LENGTH = 32;
/** What of an entry's text is looked at: a large value must not make its write slow. */
const MAX_TEXT_LENGTH = 16 * 1024;

/** Scripts that put no space between words: there each character counts as one. */
const ALONE = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const WORD = new RegExp(`[${ALONE}]|(?:(?![${ALONE}])[\\p{L}\\p{N}\\p{M}])+`, 'gu');

/**
 * The words of a text, lower case, each once: runs of letters, marks and digits, whatever way Unicode offers to write
 * them. A word beyond 32 characters counts by its first 32.
 */
export function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const [word] of text.normalize('NFKC').toLowerCase().normalize('NFKC').matchAll(WORD)) {
    words.add(word.length > MAX_WORD_LENGTH ? [...word].slice(0, MAX_WORD_LENGTH).join('') : word);
  }
  return words;
}

/** The words that an entry is found by: of its key, tags and entities, and of the texts in its value, as many as fit. */
export function wordsOfEntry({ key, tags = [], entities = [], value }: Entry): Set<string> {
  const words = new Set<string>();
  let left = MAX_TEXT_LENGTH;
  for (const text of textsOf([key, ...tags, ...entities], value)) {
    for (const word of wordsOf(text.slice(0, left))) {
      if (words.size === MAX_WORDS) return words;
      words.add(word);
    }
    left -= text.length;
    if (left <= 0) break;
  }
  return words;
}

function* textsOf(labels: readonly string[], value: JsonValue | undefined): Generator<string> {
  yield* labels;
  if (value !== undefined) yield* leavesOf(value);
}

/** In one order for equal values, so that those that fit are the same ones for every store. */
function* leavesOf(value: JsonValue): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const item of value) yield* leavesOf(item);
  else {
    const fields = value as Readonly<Record<string, JsonValue>>;
    for (const field of Object.keys(fields).sort()) yield* leavesOf(fields[field] as JsonValue);
  }
}
