import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches, patternProblem } from './pattern.ts';

describe('matches', () => {
  test.each([
    ['a', 'a'],
    ['tasks/*/state', 'tasks/42/state'],
    ['job-*', 'job-7'],
    ['job-*', 'job-'],
    ['*-job', 'my-job'],
    ['a*b*c', 'aXbYbc'],
    ['*', 'anything'],
    ['**', 'a'],
    ['**', 'a/b/c'],
    ['tasks/**', 'tasks/42/state'],
    ['tasks/**', 'tasks'],
    ['**/state', 'state'],
    ['**/state', 'tasks/42/state'],
    ['a/**/z', 'a/z'],
    ['a/**/z', 'a/b/c/z'],
    ['**/**', 'a'],
    ['a**', 'abc'],
    ['?', '?'],
    ['a.c', 'a.c'],
    ['[a-z]', '[a-z]'],
    ['*', '😀'],
  ])('%s means %s', (pattern, key) => {
    expect(matches(pattern, key)).toBe(true);
  });
});

describe('does not match', () => {
  test.each([
    ['a', 'A'],
    ['a', 'ab'],
    ['*', 'a/b'],
    ['tasks/*', 'tasks'],
    ['tasks/*', 'tasks/42/state'],
    ['tasks/*/state', 'tasks/state'],
    ['job-*', 'job'],
    ['job-*', 'job-7/x'],
    ['a**', 'a/b'],
    ['**/state', 'tasks/statement'],
    ['a/**/z', 'a/b'],
    ['?', 'x'],
    ['a.c', 'abc'],
    ['[a-z]', 'b'],
    ['tasks', 'tasks/42'],
  ])('%s leaves out %s', (pattern, key) => {
    expect(matches(pattern, key)).toBe(false);
  });
});

/** The definition of a pattern, word for word: slow, and easy to believe. */
function means(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return key.length === 0;
  if (first === '**') return key.some((_, i) => means(others, key.slice(i))) || means(others, []);
  return key[0] !== undefined && segmentMeans([...first], [...key[0]]) && means(others, key.slice(1));
}

function segmentMeans(pattern: readonly string[], segment: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return segment.length === 0;
  if (first === '*') {
    return segment.some((_, i) => segmentMeans(others, segment.slice(i))) || segmentMeans(others, []);
  }
  return segment[0] === first && segmentMeans(others, segment.slice(1));
}

test('matching follows the definition, for every pattern and key', () => {
  const path = (unit: fc.Arbitrary<string>, segments: number) =>
    fc
      .array(fc.oneof(fc.string({ unit, minLength: 1, maxLength: 5 }), unit), {
        minLength: 1,
        maxLength: segments,
      })
      .map((parts) => parts.join('/'));
  const pattern = path(fc.constantFrom('a', 'b', '😀', '*', '**'), 6);
  const key = path(fc.constantFrom('a', 'b', '😀'), 6);
  fc.assert(
    fc.property(
      pattern,
      key,
      (glob, text) => matches(glob, text) === means(glob.split('/'), text.split('/')),
    ),
    { numRuns: 5000 },
  );
});

// A backtracking matcher would need longer than the universe has for each of these.
test.each([
  ['many stars within a segment', `${'a*'.repeat(255)}b`, 'a'.repeat(512)],
  ['many double stars', `${'**/a/'.repeat(7)}b`, 'a/a/a/a/a/a/a/a'],
  ['both at once', `${`**/${'*a'.repeat(25)}b/`.repeat(7)}x`, `${'a'.repeat(60)}/`.repeat(8).slice(0, -1)],
])('%s are refused within a few milliseconds', (_, pattern, key) => {
  const startMs = performance.now();
  for (let i = 0; i < 10; i++) expect(matches(pattern, key)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(1000);
});

test('a pattern may have more segments than a key, to hold its double stars', () => {
  expect(patternProblem('a/**/'.repeat(7).concat('a'))).toBeUndefined();
  expect(patternProblem(Array(16).fill('a').join('/'))).toBeUndefined();
  expect(patternProblem(Array(17).fill('a').join('/'))).toContain('16 segments');
});

test.each(['', '/', 'a//b', '\u0007', '\ud800', '__proto__/*', '*'.repeat(513)])(
  '%j is no pattern',
  (text) => {
    expect(patternProblem(text)).toBeDefined();
  },
);
