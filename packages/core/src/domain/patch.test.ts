import type { JsonValue } from '@mnemon/protocol';
import fc from 'fast-check';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, test } from 'vitest';
import { createDiffer } from './patch.ts';

/** JSON as it is stored, without a -0; and without names that the library refuses when it applies a patch. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.stringify(value))
  .filter((text) => !/"(__proto__|constructor|prototype)":/.test(text))
  .map((text): JsonValue => JSON.parse(text));
const content = fc.option(
  fc.record({ value: json, tags: fc.array(fc.string()) }, { requiredKeys: ['value'] }),
  {
    nil: undefined,
  },
);

function patched(before: object | undefined, after: object | undefined): unknown {
  const document = structuredClone(before ?? {});
  const results = applyPatch(document, createDiffer()(before, after) as Operation[]);
  expect(results.filter((result) => result !== null)).toEqual([]);
  return document;
}

test('a patch makes the later version of the earlier one, whatever they say', () => {
  fc.assert(
    fc.property(content, content, (before, after) => {
      expect(patched(before, after)).toEqual(after ?? {});
    }),
  );
});

test('versions that say the same have an empty patch', () => {
  fc.assert(
    fc.property(content, (version) => {
      expect(createDiffer()(version, structuredClone(version))).toEqual([]);
    }),
  );
});

test('a tombstone says nothing, not even what it keeps for comparison', () => {
  expect(createDiffer()({ value: 1, tags: ['a'] }, { importance: 1 })).toEqual([
    { op: 'remove', path: '/value' },
    { op: 'remove', path: '/tags' },
  ]);
});

test('lists too long to be compared item by item are replaced whole', () => {
  const long = Array.from({ length: 30_000 }, (_, i) => i);
  const differ = createDiffer();
  expect(differ({ value: { long } }, { value: { long: [...long, 1] } })).toMatchObject([
    { op: 'replace', path: '/value/long' },
  ]);
  expect(differ({ value: long }, { value: [...long] })).toEqual([]);
});

test('all patches of one answer share a bounded amount of work', () => {
  const before = Array.from({ length: 60 }, (_, i) => i);
  const after = before.with(30, -1);
  const differ = createDiffer();
  const patches = Array.from({ length: 50 }, () => differ({ value: before }, { value: after }));
  expect(patches[0]).toEqual([{ op: 'replace', path: '/value/30', value: -1 }]);
  expect(patches.at(-1)).toEqual([{ op: 'replace', path: '/value', value: after }]);
});
