import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8Length } from './utf8-length.ts';

// Any sequence of UTF-16 units: surrogates alone, in pairs and the wrong way round included.
const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff),
);
const anyText = fc.array(unit, { maxLength: 40, size: 'max' }).map((units) => String.fromCharCode(...units));

test('counts the bytes that encoding would make, for every text', () => {
  fc.assert(fc.property(anyText, (text) => utf8Length(text) === Buffer.byteLength(text)));
});

test.each([
  ['', 0],
  ['a', 1],
  ['é', 2],
  ['€', 3],
  ['😀', 4],
  ['\ud83d', 3],
  ['\ude00\ud83d', 6],
])('%j takes %i bytes', (text, bytes) => {
  expect(utf8Length(text)).toBe(bytes);
});
