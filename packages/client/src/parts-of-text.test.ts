import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pieces, partsOf } from './parts-of-text.ts';

const piece = fc.string({ unit: fc.constantFrom('a', 'ä', '😀', '\n'), maxLength: 20 });
const partLength = fc.integer({ min: 2, max: 9 });

async function partsIn(pieces: Pieces, length: number): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of partsOf(pieces, length)) parts.push(part);
  return parts;
}

test('parts are the text, each short enough and whole characters, however it came', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece), partLength, async (pieces, length) => {
      const parts = await partsIn(pieces, length);
      expect(parts.join('')).toBe(pieces.join(''));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(length);
        expect(part.length).toBeGreaterThan(0);
        expect(part.isWellFormed()).toBe(true);
      }
    }),
  );
});

test('bytes are the text that they are, wherever they were cut', async () => {
  await fc.assert(
    fc.asyncProperty(piece, fc.integer({ min: 1, max: 5 }), partLength, async (text, cutAt, length) => {
      const bytes = new TextEncoder().encode(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / cutAt) }, (_, at) =>
        bytes.slice(at * cutAt, (at + 1) * cutAt),
      );
      expect((await partsIn(chunks, length)).join('')).toBe(text);
    }),
  );
});

test.each([
  ['bytes that are none', Uint8Array.of(0x61, 0xff)],
  ['a character that is cut off', Uint8Array.of(0x61, 0xc3)],
])('%s are refused', async (_, bytes) => {
  await expect(partsIn([bytes], 4)).rejects.toMatchObject({ code: 'bad-value' });
});
