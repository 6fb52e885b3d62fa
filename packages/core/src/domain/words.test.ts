import type { Entry } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordsOf, wordsOfEntry } from './words.ts';
import { eventOf } from './writing.fixture.ts';

const entryOf = (value: Entry['value'], more: Partial<Entry> = {}): Entry => ({
  ...eventOf('tasks/42-b', 1),
  partition: 0,
  seq: 1,
  ...(value !== undefined && { value }),
  ...more,
});

test.each([
  ['Hello, World! hello', ['hello', 'world']],
  ['snake_case and kebab-case', ['snake', 'case', 'and', 'kebab']],
  ['a/b.c\t42', ['a', 'b', 'c', '42']],
  ['ÜBER straße', ['über', 'straße']],
  ['ﬁle K', ['file', 'k']],
  ['e\u0301te\u0301', ['été']],
  ['東京 tower', ['東', '京', 'tower']],
  ['हिन्दी', ['हिन्दी']],
  ['…!?', []],
  ['', []],
])('the words of %j are %j', (text, words) => {
  expect([...wordsOf(text)]).toEqual(words);
});

test('what is found by a word of a text is found by it however it is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' }), (text) => {
      const words = wordsOf(text);
      for (const word of words) expect([...wordsOf(word)]).toEqual([word]);
      expect(wordsOf(text.normalize('NFD'))).toEqual(wordsOf(text.normalize('NFC')));
    }),
  );
});

test('a word that is too long counts by its beginning, and no character is cut in two', () => {
  const [long] = wordsOf('𝒳'.normalize('NFC').padEnd(3, 'a').concat('𐐨'.repeat(40)));
  expect([...(long as string)]).toHaveLength(32);
  expect((long as string).isWellFormed()).toBe(true);
});

describe('an entry', () => {
  test('is found by its key, tags, entities and the texts in its value, not by the names of fields', () => {
    const value = { title: 'Fix login', nested: [{ field: 'Deep' }, 7, null, true] };
    const words = wordsOfEntry(entryOf(value, { tags: ['Urgent'], entities: ['Ann Lee'] }));
    expect([...words].sort()).toEqual(
      ['42', 'ann', 'b', 'deep', 'fix', 'lee', 'login', 'tasks', 'urgent'].sort(),
    );
  });

  test('has the same words however the fields of its value are ordered', () => {
    const texts = Array.from({ length: 200 }, (_, i) => [`f${i}`, `w${i}`] as const);
    const words = wordsOfEntry(entryOf(Object.fromEntries(texts)));
    expect(wordsOfEntry(entryOf(Object.fromEntries(texts.toReversed())))).toEqual(words);
    expect(words.size).toBe(128);
  });

  test('is read up to a limit, beyond which words do not count', () => {
    const words = wordsOfEntry(entryOf(['x'.repeat(20_000), 'unread']));
    expect(words.has('unread')).toBe(false);
    expect(words.has('x'.repeat(32))).toBe(true);
  });
});
