import type { Entry, Metadata, Patch } from '@mnemon/protocol';
import { createPatch } from 'rfc6902';
import { canonicalText } from './commit.ts';

/** What a patch is between; an event or an entry is one. */
export type Content = Metadata & Pick<Entry, 'value' | 'large' | 'expiresAtMs'>;

type Differ = (before: Content | undefined, after: Content | undefined) => Patch;

/** Comparing arrays item by item costs the product of their lengths, and strangers choose those. */
const CELLS_PER_ARRAY = 4_000;
const CELLS = 100_000;

/**
 * Makes the patches of one answer. All of them share a bounded amount of work: arrays for which too little is left are
 * replaced whole, which is a patch as well.
 */
export function createDiffer(): Differ {
  let cellsLeft = CELLS;
  const replaceLong = (before: unknown, after: unknown, at: { toString(): string }) => {
    if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
    const cells = (before.length + 1) * (after.length + 1);
    if (cells <= Math.min(CELLS_PER_ARRAY, cellsLeft)) {
      cellsLeft -= cells;
      return undefined;
    }
    if (canonicalText(before) === canonicalText(after)) return [];
    return [{ op: 'replace' as const, path: at.toString(), value: after }];
  };
  return (before, after) => createPatch(contentOf(before), contentOf(after), replaceLong) as Patch;
}

const FIELDS = ['value', 'large', 'tags', 'importance', 'entities', 'relationships', 'expiresAtMs'] as const;

/** The document that patches are about: what is deleted says nothing. */
export function contentOf(version: Content | undefined): Content {
  if (version?.value === undefined) return {};
  const present = FIELDS.filter((field) => version[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, version[field]]));
}
