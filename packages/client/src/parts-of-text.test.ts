import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partsOf } from './parts-of-text.ts';

test('parts are the text, each short enough and whole characters, however it came', async () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'ä', '😀', '\n'), maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.integer({ min: 2, max: 9 }), async (pieces, length) => {
      const parts: string[] = [];
      for await (const part of partsOf(pieces, length)) parts.push(part);
      expect(parts.join('')).toBe(pieces.join(''));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(length);
        expect(part.length).toBeGreaterThan(0);
        expect(part.isWellFormed()).toBe(true);
      }
    }),
  );
});
