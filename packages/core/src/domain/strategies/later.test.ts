import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareStamps, isLater } from './later.ts';

const write = fc.record({
  hlc: fc.record({ wallMs: fc.nat(2), counter: fc.nat(2) }),
  author: fc.constantFrom('ann', 'bob', 'cleo'),
});

test('of two different writes exactly one is later, and later is transitive', () => {
  fc.assert(
    fc.property(write, write, write, (a, b, c) => {
      const isSame = JSON.stringify(a) === JSON.stringify(b);
      expect(isLater(a, b)).toBe(!isSame && !isLater(b, a));
      expect(compareStamps(a, b) === 0).toBe(isSame);
      if (isLater(a, b) && isLater(b, c)) expect(isLater(a, c)).toBe(true);
    }),
  );
});

test('time comes first, the counter next, the instance id last', () => {
  const write = (wallMs: number, counter: number, author: string) => ({ hlc: { wallMs, counter }, author });
  expect(isLater(write(2, 0, 'a'), write(1, 9, 'z'))).toBe(true);
  expect(isLater(write(1, 2, 'a'), write(1, 1, 'z'))).toBe(true);
  expect(isLater(write(1, 1, 'b'), write(1, 1, 'a'))).toBe(true);
  expect(isLater(write(1, 1, 'a'), write(1, 1, 'a'))).toBe(false);
});
