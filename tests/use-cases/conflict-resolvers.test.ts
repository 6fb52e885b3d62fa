import { ConflictResolvers } from '@mnemon/client';
import type { InstanceId, JsonValue, Sibling, Strategy } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STRATEGY_RULES } from '../../packages/core/src/domain/strategies/strategies.ts';
import type { Version } from '../../packages/core/src/domain/version.ts';

const leaf = fc.constantFrom<JsonValue>(1, 2, 'x', null, [1], {});
const tree: fc.Arbitrary<JsonValue> = fc.letrec<{ object: JsonValue }>((tie) => ({
  object: fc.dictionary(fc.constantFrom('a', 'b', 'toString'), fc.oneof(leaf, leaf, tie('object')), {
    noNullPrototype: true,
  }),
})).object;
const item = fc.constantFrom<JsonValue>(1, '1', true, null, { a: 1, b: 2 }, { b: 2, a: 1 }, [1, 2], ' ');
const VALUES = {
  lastWriteWins: tree,
  mergeArrays: fc.array(item, { maxLength: 6 }),
  mergeObjects: tree,
  maxValue: fc.oneof(
    fc.nat(3),
    fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(3), { noNullPrototype: true }),
  ),
} satisfies Record<string, fc.Arbitrary<JsonValue>>;
type Name = keyof typeof VALUES;

const STRATEGIES: Record<Name, Strategy> = {
  lastWriteWins: 'last-write-wins',
  mergeArrays: 'array-merge',
  mergeObjects: 'object-merge',
  maxValue: 'max-value',
};

/** Concurrent versions of one key, no two at the same time by the same instance. */
const versionsOf = (value: fc.Arbitrary<JsonValue | undefined>, count: number) =>
  fc
    .uniqueArray(fc.tuple(fc.nat(2), fc.constantFrom('ann', 'bob', 'cleo')), {
      minLength: count,
      maxLength: count,
      selector: String,
    })
    .chain((stamps) =>
      fc.tuple(...stamps.map((stamp) => fc.tuple(fc.constant(stamp), value))).map((all) =>
        all.map(
          ([[wallMs, author], shown]): Sibling => ({
            hlc: { wallMs, counter: 0 },
            author: author as InstanceId,
            clock: { [author]: 1 },
            ...(shown !== undefined && { value: shown, tags: [`${author} at ${wallMs}`] }),
          }),
        ),
      ),
    );

/** As if they were written one after the other by writers that had read nothing. */
function byEngine(strategy: Strategy, [first, ...others]: readonly Version[]): Version {
  return others.reduce((stored, arrived) => {
    const merged = STRATEGY_RULES[strategy].merge({ stored, arrived, base: 'unknown', seen: {} });
    if (typeof merged !== 'string') return merged;
    return STRATEGY_RULES['last-write-wins'].merge({ stored, arrived, base: 'unknown', seen: {} }) as Version;
  }, first as Version);
}

describe.each(Object.keys(STRATEGIES) as Name[])('%s', { timeout: 20_000 }, (name) => {
  const expectSame = (versions: readonly Sibling[]) => {
    const { value, tags } = byEngine(STRATEGIES[name], versions as readonly Version[]);
    const { resolved } = ConflictResolvers[name](versions);
    expect(resolved.value).toEqual(value);
    expect(resolved.tags ?? []).toEqual(tags ?? []);
  };

  test('makes of two versions what the engine makes, deletions and other types included', () => {
    const value = fc.oneof(VALUES[name], VALUES[name], leaf, fc.constant(undefined));
    fc.assert(fc.property(versionsOf(value, 2), expectSame), { numRuns: 300 });
  });

  test('makes of three versions of its type what the engine makes, in whatever order they come', () => {
    fc.assert(fc.property(versionsOf(VALUES[name].filter(isOne(name)), 3), expectSame), { numRuns: 300 });
  });
});

/** Numbers and objects of numbers are two types. */
const isOne = (name: Name) => (value: JsonValue) => name !== 'maxValue' || typeof value === 'number';

const version = (wallMs: number, value?: JsonValue): Sibling => ({
  hlc: { wallMs, counter: 0 },
  author: 'ann' as InstanceId,
  clock: { ann: 1 },
  ...(value !== undefined && { value }),
});

test('says what decided, and which versions nothing is left of', () => {
  const [old, young, text, gone] = [version(1, 7), version(2, 5), version(3, 'x'), version(4)] as const;
  expect(ConflictResolvers.lastWriteWins([young, old])).toEqual({
    resolved: { value: 5 },
    strategy: 'last-write-wins',
    discarded: [old],
  });
  expect(ConflictResolvers.maxValue([young, old])).toEqual({
    resolved: { value: 7 },
    strategy: 'max-value',
    discarded: [young],
  });
  expect(ConflictResolvers.maxValue([text, old])).toMatchObject({
    strategy: 'last-write-wins',
    discarded: [old],
  });
  expect(ConflictResolvers.maxValue([gone, old])).toEqual({
    resolved: {},
    strategy: 'max-value',
    discarded: [old],
  });
  expect(() => ConflictResolvers.mergeArrays([])).toThrow(expect.objectContaining({ code: 'bad-request' }));
});
