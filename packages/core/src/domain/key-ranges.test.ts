import { allows, type Grant, isInScope, matches } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readableRanges } from './key-ranges.ts';

const read = (...patterns: string[]): Grant[] => patterns.map((pattern) => ({ pattern, access: 'read' }));

test.each([
  ['', '**', read('**'), [{ prefix: '' }]],
  ['a', '**', read('**'), [{ prefix: 'a' }]],
  ['', 'a/**', read('**'), [{ key: 'a' }, { prefix: 'a' }]],
  ['', 'a/b', read('**'), [{ key: 'a/b' }]],
  ['', 'a/job-*/x', read('**'), [{ prefix: 'a' }]],
  ['', '**', read('b/**', 'a/x'), [{ key: 'a/x' }, { key: 'b' }, { prefix: 'b' }]],
  ['', '**', read('b/**', 'b/c/*', 'b/d'), [{ key: 'b' }, { prefix: 'b' }]],
  ['a', 'b/**', read('**'), []],
  ['a', '**', read('b/**'), []],
])('below %j, matching %j, with %o: %o', (prefix, pattern, grants, ranges) => {
  expect(readableRanges(prefix, pattern, grants)).toEqual(ranges);
});

test('every key that is asked for and readable lies in exactly one range', () => {
  const segment = fc.constantFrom('a', 'b', 'ab');
  const pathOf = (part: fc.Arbitrary<string>) =>
    fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const pattern = pathOf(fc.oneof(segment, fc.constantFrom('*', '**', 'a*')));
  const grants = fc.array(pattern, { minLength: 1, maxLength: 3 }).map((patterns) => read(...patterns));
  fc.assert(
    fc.property(
      fc.constantFrom('', 'a', 'a/b'),
      pattern,
      grants,
      pathOf(segment),
      (prefix, wanted, own, key) => {
        const holding = readableRanges(prefix, wanted, own).filter((range) => isInScope(range, key));
        const isAskedFor = isInScope({ prefix }, key) && matches(wanted, key) && allows(own, 'read', key);
        if (isAskedFor) expect(holding).toHaveLength(1);
        else expect(holding.length).toBeLessThan(2);
      },
    ),
    { numRuns: 2_000 },
  );
});
