import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyProblem, pathProblem } from './key.ts';

describe('is a key', () => {
  test.each([
    ['one segment', 'a'],
    ['eight segments', 'a/b/c/d/e/f/g/h'],
    ['512 bytes', 'k'.repeat(512)],
    ['512 bytes of characters that take four each', '😀'.repeat(128)],
    ['an operator of a database', '$set/$where'],
    ['the name of something that every object has', 'constructor/toString'],
    ['dots, spaces and wildcards', './.. /*'],
    ['any script', 'задачи/任務/✓'],
  ])('%s', (_, key) => {
    expect(keyProblem(key)).toBeUndefined();
  });
});

describe('is no key', () => {
  test.each([
    ['no segment at all', '', 'empty segment'],
    ['an empty segment first', '/a', 'empty segment'],
    ['an empty segment last', 'a/', 'empty segment'],
    ['an empty segment between', 'a//b', 'empty segment'],
    ['nine segments', 'a/b/c/d/e/f/g/h/i', '8 segments'],
    ['513 bytes', 'k'.repeat(513), '512 bytes'],
    ['513 bytes in fewer than 512 characters', `${'😀'.repeat(128)}k`, '512 bytes'],
    ['514 bytes of two-byte characters', 'é'.repeat(257), '512 bytes'],
    ['a zero', 'a\u0000b', 'control character'],
    ['a line break', 'a\nb', 'control character'],
    ['DEL', 'a\u007f', 'control character'],
    ['a control character beyond ASCII', '\u0085', 'control character'],
    ['half a character', 'a/\ud83d', 'well-formed'],
    ['the halves of a character the wrong way round', '\ude00\ud83d', 'well-formed'],
    ['the segment __proto__', 'a/__proto__/b', '__proto__'],
    ['nothing but __proto__', '__proto__', '__proto__'],
  ])('%s', (_, key, problem) => {
    expect(keyProblem(key)).toContain(problem);
  });
});

test('whatever is accepted as a key stays the same through JSON and UTF-8, within 512 bytes', () => {
  const units = fc.array(fc.integer({ min: 0x20, max: 0xffff }), { maxLength: 90 });
  const piece = fc.oneof(
    units.map((codes) => String.fromCharCode(...codes)),
    fc.string({ minLength: 1, maxLength: 90 }),
    fc.constantFrom('', '\ud800', '\u0001', '__proto__', 'é', '😀'.repeat(30)),
  );
  const anyPath = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('/'));
  fc.assert(
    fc.property(anyPath, (key) => {
      if (keyProblem(key) !== undefined) return;
      expect(JSON.parse(JSON.stringify(key))).toBe(key);
      expect(Buffer.from(key).toString()).toBe(key);
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(512);
      expect(key.split('/').every((segment) => segment.length > 0)).toBe(true);
    }),
  );
});

test('most keys are looked at with one expression, to the same verdict', () => {
  const piece = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', ' ', '~', '.', '\u007f', '\n', 'é'), maxLength: 4 }),
    fc.constantFrom('__proto__', 'k'.repeat(64), 'k'.repeat(60)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const key = pieces.join('/');
      const segments = key.split('/');
      const isProblem = segments.length > 8 || pathProblem('a key', key, segments) !== undefined;
      expect(keyProblem(key) !== undefined).toBe(isProblem);
    }),
    { numRuns: 1_000 },
  );
});
