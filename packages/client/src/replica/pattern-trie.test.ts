import { matches } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPatternTrie } from './pattern-trie.ts';

const path = (unit: fc.Arbitrary<string>) =>
  fc
    .array(fc.oneof(fc.string({ unit, minLength: 1, maxLength: 4 }), unit), { minLength: 1, maxLength: 5 })
    .map((segments) => segments.join('/'));
const pattern = path(fc.constantFrom('a', 'b', '😀', '*', '**'));
const key = path(fc.constantFrom('a', 'b', '😀', '*'));

test('finds what matches, whatever was added and removed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 20, size: 'max' }),
      fc.array(key, { minLength: 1, maxLength: 8 }),
      (patterns, keys) => {
        const trie = createPatternTrie<number>();
        patterns.forEach(([each], id) => {
          trie.add(each, id);
        });
        patterns.forEach(([each, stays], id) => {
          if (!stays) trie.remove(each, id);
        });
        for (const each of keys) {
          const wanted = patterns.flatMap(([glob, stays], id) => (stays && matches(glob, each) ? [id] : []));
          expect(trie.find(each).sort((a, b) => a - b)).toEqual(wanted);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('the patterns that do not match cost nothing', () => {
  const trie = createPatternTrie<string>();
  const kinds = [
    (n: number) => `t/${n}`,
    (n: number) => `t/${n}/**`,
    (n: number) => `t/${n}-*`,
    (n: number) => `t/*-${n}`,
  ];
  for (let n = 0; n < 5_000; n++) for (const kind of kinds) trie.add(kind(n), kind(n));
  const startMs = performance.now();
  for (let n = 0; n < 2_000; n++) expect(trie.find(`t/${n}-x`)).toEqual([`t/${n}-*`]);
  expect(performance.now() - startMs).toBeLessThan(1_000); // a scan takes twenty seconds
});

test.each([
  ['many stars within a segment', `${'a*'.repeat(255)}b`, 'a'.repeat(512)],
  ['many double stars', `${'**/a/'.repeat(7)}b`, 'a/a/a/a/a/a/a/a'],
])('%s take a bounded time', (_, hostile, text) => {
  const trie = createPatternTrie<number>();
  trie.add(hostile, 1);
  const startMs = performance.now();
  for (let i = 0; i < 2; i++) expect(trie.find(text)).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(1000);
});
