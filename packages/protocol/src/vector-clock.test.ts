import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance, compare, includes, merge, type VectorClock } from './vector-clock.ts';

// Few names, so that clocks meet; some that every object inherits, some that objects sort as numbers.
const name = fc.constantFrom('ann', 'bob', 'constructor', 'toString', '7');
const clock: fc.Arbitrary<VectorClock> = fc.dictionary(name, fc.integer({ min: 1, max: 3 }), {
  noNullPrototype: true,
});

describe('compare', () => {
  test('a missing counter is 0', () => {
    expect(compare({}, { ann: 1 })).toBe('before');
    expect(compare({ ann: 1 }, { bob: 1 })).toBe('concurrent');
    expect(compare({}, {})).toBe('equal');
  });

  test('an instance may be called like a property that every object has', () => {
    expect(compare({}, { constructor: 1 })).toBe('before');
    expect(compare({ ann: 1 }, { toString: 1 } as never)).toBe('concurrent');
  });

  test('is a partial order: reflexive, antisymmetric, transitive', () => {
    const opposite = { equal: 'equal', before: 'after', after: 'before', concurrent: 'concurrent' } as const;
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        expect(compare(a, a)).toBe('equal');
        expect(compare(b, a)).toBe(opposite[compare(a, b)]);
        if (includes(a, b) && includes(b, a)) expect({ ...a }).toEqual({ ...b });
        if (includes(a, b) && includes(b, c)) expect(includes(a, c)).toBe(true);
      }),
    );
  });
});

describe('merge', () => {
  test('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        expect(merge(a, b)).toEqual(merge(b, a));
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
        expect(merge(a, a)).toEqual({ ...a });
      }),
    );
  });

  test('is the smallest clock that includes both', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, other) => {
        const both = merge(a, b);
        expect(includes(both, a) && includes(both, b)).toBe(true);
        if (includes(other, a) && includes(other, b)) expect(includes(other, both)).toBe(true);
      }),
    );
  });
});

describe('advance', () => {
  test('is strictly after, by one write of one instance', () => {
    fc.assert(
      fc.property(clock, name, (before, instance) => {
        const after = advance(before, instance);
        expect(compare(after, before)).toBe('after');
        expect(after[instance]).toBe(
          (Object.hasOwn(before, instance) ? (before[instance] as number) : 0) + 1,
        );
        const { [instance]: _, ...others } = after;
        const { [instance]: __, ...former } = before;
        expect(others).toEqual(former);
      }),
    );
  });

  test('keeps the 64 instances that wrote last', () => {
    let full: VectorClock = {};
    for (let i = 0; i < 64; i++) full = advance(full, `w${i}`);
    expect(Object.keys(full)).toHaveLength(64);

    const again = advance(full, 'w0'); // w1 is the oldest now
    expect(Object.keys(again)).toHaveLength(64);
    const next = advance(again, 'newcomer');
    expect(Object.keys(next)).toHaveLength(64);
    expect(next.w1).toBeUndefined();
    expect(next).toMatchObject({ w0: 2, w2: 1, w63: 1, newcomer: 1 });
  });

  test('never drops the counter of the writer, whatever it is called', () => {
    let full: VectorClock = {};
    for (let i = 0; i < 70; i++) {
      full = advance(full, `${i}`);
      expect(full[`${i}`]).toBe(1);
      expect(Object.keys(full).length).toBeLessThanOrEqual(64);
    }
  });
});
