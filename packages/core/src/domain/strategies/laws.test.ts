import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Version } from '../version.ts';
import { arrayMerge } from './array-merge.ts';
import { withDeletions } from './deletions.ts';
import { changesBetween, withRegisters } from './field-registers.ts';
import { moreImportant } from './importance.ts';
import { lastWriteWins } from './last-write-wins.ts';
import { expectSemilattice } from './laws.fixture.ts';
import { maxValue } from './max-value.ts';
import { joinAll } from './merge-all.ts';
import { joinObjects } from './object-merge.ts';
import { causallyLater } from './vector-clock.ts';

const scalar = fc.constantFrom(0, 1, 'a', 'b', null);
const items = fc.uniqueArray(fc.oneof(scalar, fc.constantFrom([1], [2], { a: 1 })), {
  selector: (item) => JSON.stringify(item),
});
const numbers = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -2, max: 2 }));
const leaf = fc.oneof(scalar, fc.constantFrom([1], [2, 1]));
const field = fc.constantFrom('a', 'b', '~/', '');
const objects = fc.dictionary(field, fc.oneof(leaf, fc.dictionary(field, fc.oneof(leaf, fc.constant({})))));

/** What a writer made of `{ a: { b: 1 }, b: 0 }`, as a change. */
const changed = (version: Version): Version =>
  version.value === undefined
    ? version
    : withRegisters(version, changesBetween({ a: { b: 1 }, b: 0 }, version));

describe('commutative, associative and idempotent, over pairs and triples with tombstones', {
  timeout: 60_000,
}, () => {
  test('last-write-wins', () => expectSemilattice(lastWriteWins, fc.oneof(scalar, items, objects)));
  test('importance', () => expectSemilattice(moreImportant, fc.oneof(scalar, items, objects)));
  test('vector-clock', () => expectSemilattice(causallyLater, scalar));
  test('array-merge', () => expectSemilattice(arrayMerge, items));
  test('max-value of numbers', () =>
    expectSemilattice(maxValue, fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))));
  test('max-value of objects of numbers', () => expectSemilattice(maxValue, numbers));
  test('object-merge of whole objects', () => expectSemilattice(withDeletions(joinObjects), objects));
  test('object-merge of changes, fields deleted among them', () =>
    expectSemilattice(withDeletions(joinObjects), objects, changed));
  test('merge-all of objects', () =>
    expectSemilattice(withDeletions(joinAll), objects, (each) => sorted(changed(each))));
  test('merge-all of other values', () =>
    expectSemilattice(withDeletions(joinAll), fc.oneof(scalar, items), sorted));
});

/** As merge-all leaves labels, so that a merge with itself changes nothing. */
const sorted = ({ tags, entities, ...rest }: Version): Version => ({
  ...rest,
  ...(tags && { tags: tags.toSorted() }),
  ...(entities && { entities: entities.toSorted() }),
});

test('a causally later version wins whatever the clocks on the wall say', () => {
  const at = (wallMs: number, clock: Record<string, number>) =>
    ({ value: wallMs, hlc: { wallMs, counter: 0 }, author: 'ann', clock }) as unknown as Version;
  const [before, after] = [at(9, { ann: 1 }), at(1, { ann: 1, bob: 1 })];
  expect(causallyLater(before, after)).toBe(after);
  expect(causallyLater(after, before)).toBe(after);
});

describe('what two make', () => {
  const at = (wallMs: number, value: Version['value'], more: Partial<Version> = {}): Version =>
    ({ value, hlc: { wallMs, counter: 0 }, author: 'ann', clock: {}, ...more }) as Version;
  const shown = (made: ReturnType<typeof arrayMerge>) => (typeof made === 'string' ? made : made.value);

  test('array-merge: what the earlier array has, then what the later one adds', () => {
    expect(shown(arrayMerge(at(2, ['c', 'a']), at(1, ['a', { x: 1, y: 2 }])))).toEqual([
      'a',
      { x: 1, y: 2 },
      'c',
    ]);
    expect(shown(arrayMerge(at(1, [{ x: 1, y: 2 }]), at(2, [{ y: 2, x: 1 }])))).toEqual([{ x: 1, y: 2 }]);
  });

  test('array-merge: more writes than are remembered one by one still lose no item', () => {
    let made = at(0, [0]);
    for (let i = 1; i <= 100; i++) made = arrayMerge(made, at(i, [i])) as Version;
    expect(made.value).toEqual(Array.from({ length: 101 }, (_, i) => i));
  });

  test('max-value', () => {
    expect(shown(maxValue(at(1, 3), at(2, -4)))).toBe(3);
    expect(shown(maxValue(at(1, { a: 1, b: 5 }), at(2, { a: 2, c: 0 })))).toEqual({ a: 2, b: 5, c: 0 });
  });

  test('merge-all: tags and entities of both, the higher importance, the text of the later', () => {
    const early = at(1, 'early', { tags: ['b', 'a'], importance: 0.9, entities: ['x'] });
    const late = at(2, 'late', { tags: ['c', 'a'], importance: 0.1 });
    expect(joinAll(early, late)).toMatchObject({
      value: 'late',
      tags: ['a', 'b', 'c'],
      importance: 0.9,
      entities: ['x'],
    });
  });

  test.each([
    ['array-merge', arrayMerge(at(1, [1]), at(2, 2))],
    ['max-value of text', maxValue(at(1, 'a'), at(2, 2))],
    ['max-value of an object with text', maxValue(at(1, { a: 'a' }), at(2, { a: 1 }))],
    ['max-value of an array', maxValue(at(1, [1]), at(2, [2]))],
    ['object-merge', withDeletions(joinObjects)(at(1, []), at(2, {}))],
    ['merge-all', joinAll(at(1, {}), at(2, 'text'))],
  ])('%s: a type mismatch is said', (_, made) => {
    expect(made).toBe('type-mismatch');
  });
});
