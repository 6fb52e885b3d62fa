import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText, GENESIS, hashOf, seal, unseal } from './commit.ts';
import { eventOf, logOf } from './writing.fixture.ts';

describe('canonical text', () => {
  test('is RFC 8785: sorted by UTF-16 units, shortest numbers, no spaces', () => {
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '1': 4.5e-7,
      '😀': 1e21,
      '\ufb33': -0,
      a: [true, null, 'é"\u0001'],
    };
    expect(canonicalText(value)).toBe(
      '{"\\r":2,"1":4.5e-7,"a":[true,null,"é\\"\\u0001"],"\u20ac":1,"😀":1e+21,"\ufb33":0}',
    );
  });

  test('is the same for equal values, whatever order their fields have', () => {
    const reversed = (value: unknown): unknown =>
      typeof value !== 'object' || value === null
        ? value
        : Array.isArray(value)
          ? value.map(reversed)
          : Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([name, inner]) => [name, reversed(inner)]),
            );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalText(value);
        expect(canonicalText(reversed(value))).toBe(text);
        expect(canonicalText(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('is what the library writes', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const gaps = fc.record({ a: json, b: fc.constant(undefined), c: fc.constant([undefined, 1]) });
    fc.assert(
      fc.property(fc.oneof(json, gaps), (value) => {
        expect(canonicalText(value)).toBe(canonicalize(value));
      }),
    );
  });

  test('does not exist for what is no JSON', () => {
    for (const value of [
      undefined,
      { a: Number.NaN },
      [Number.POSITIVE_INFINITY],
      '\ud800',
      { '\udc00': 1 },
      1n,
    ]) {
      expect(() => canonicalText(value)).toThrow(TypeError);
    }
  });
});

describe('a sealed commit', () => {
  test('is the same after a store kept its text', () => {
    const [sealed] = logOf([eventOf('k', { 'a.b': { $set: 1 }, z: 1, a: [0.1, 'é'] })]);
    expect(sealed && unseal(sealed.text, sealed.hash)).toEqual(sealed);
  });

  test('covers every field of the commit and the hash of the one before', () => {
    const [, sealed] = logOf([eventOf('a', 1)], [eventOf('b', 2)]);
    const { commit, hash } = sealed as NonNullable<typeof sealed>;
    const changes = [
      { space: 'other' },
      { partition: 1 },
      { seq: 3 },
      { epoch: 'other' },
      { author: 'bob' },
      { committedAtMs: 0 },
      { events: [] },
      { mutation: { ...commit.mutation, n: 99 } },
      { prevHash: GENESIS },
    ];
    expect(changes.flatMap(Object.keys).sort()).toEqual(Object.keys(commit).sort());
    for (const change of changes) expect(seal({ ...commit, ...change } as never).hash).not.toBe(hash);
    expect(seal({ ...commit }).hash).toBe(hash);
  });

  test('has the SHA-256 of its text, in hex', () => {
    expect(hashOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
