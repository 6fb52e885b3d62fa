import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copiedValue, NotJson, valueProblem } from './json-value.ts';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

function cyclic(): unknown {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

test('keeps everything that JSON can say', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const sent: unknown = JSON.parse(JSON.stringify(value));
      if (JSON.stringify(value).includes('__proto__') || !JSON.stringify(value).isWellFormed()) return;
      expect(valueProblem(sent)).toBeUndefined();
    }),
  );
});

describe('is a value', () => {
  test.each([
    ['null', null],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['a field that is an operator of a database', { $set: { 'a.b': 1 }, $where: 'x' }],
    ['a field that every object has', { constructor: 1, toString: null, hasOwnProperty: [] }],
    ['64 levels below the top', nested(65)],
  ])('%s', (_, value) => {
    expect(valueProblem(value)).toBeUndefined();
  });
});

describe('is no value', () => {
  test.each([
    ['undefined', undefined],
    ['a field that is undefined', { a: undefined }],
    ['a hole in an array', Array(1)],
    ['a number that is none', { a: [Number.NaN] }],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['what JSON.parse makes of 1e999', JSON.parse('[1e999]')],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a Date', new Date(0)],
    ['a Map', { a: new Map() }],
    ['an instance of a class', new (class {})()],
    ['bytes', Buffer.from('a')],
    ['65 levels below the top', nested(66)],
    ['100,000 levels', nested(100_000)],
    ['an object that contains itself', cyclic()],
    ['half a character', 'a\udc00'],
    ['half a character in a field name', { '\ud800': 1 }],
    ['a field __proto__', JSON.parse('{"a":[{"__proto__":{"admin":true}}]}')],
  ])('%s', (_, value) => {
    expect(valueProblem(value)).toBeDefined();
  });
});

test('a copy is what JSON makes of a value', () => {
  const anything = fc.oneof(fc.jsonValue(), fc.anything({ withNullPrototype: true, withSparseArray: true }));
  fc.assert(
    fc.property(anything, (value) => {
      const copy = copiedValue(value);
      if (!(copy instanceof NotJson)) expect(copy).toStrictEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
});

test('a copy shares nothing with what it was made of', () => {
  const value = { items: [{ name: 'a' }], labels: { one: [1] } };
  const copy = copiedValue(value);
  value.items.push({ name: 'b' });
  (value.items[0] as { name: string }).name = 'c';
  value.labels.one[0] = 2;
  expect(copy).toEqual({ items: [{ name: 'a' }], labels: { one: [1] } });
});
