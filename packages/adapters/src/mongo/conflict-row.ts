import { type ConflictRecord, canonicalText, type Resolution } from '@mnemon/core';
import * as z from 'zod';
import { SEQ_DIGITS } from './commit-row.ts';

const INDEX_DIGITS = 3;
type Standing = Pick<ConflictRecord, 'status' | 'outcome' | 'resolvedBy'>;

/** A conflict as it is kept: what met as text, and beside it what a later commit may change. */
export interface ConflictRow extends Standing {
  /** `<space>/<partition>/<seq>/<index>`: in this order they came. */
  _id: string;
  space: string;
  key: string;
  strategy: string;
  text: string;
}

/** How many conflicts of a name there were, counted as they were recorded. Beside them, so that one command writes both. */
export interface ConflictCountRow {
  /** `<space>#<dimension>#<name>`: no conflict's. */
  _id: string;
  space: string;
  dimension: Dimension;
  name: string;
  count: number;
}

export const DIMENSIONS = ['byStrategy', 'byPattern', 'byPair'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** All ids of a space's conflicts lie between: no space's name has a slash, and `0` is the character after it. */
export const conflictsOf = (space: string): { $gt: string; $lt: string } => ({
  $gt: `${space}/`,
  $lt: `${space}0`,
});

/** All ids of a space's counts lie between: `$` is the character after the `#`. */
export const countsOfSpace = (space: string): { $gt: string; $lt: string } => ({
  $gt: `${space}#`,
  $lt: `${space}$`,
});

/** `undefined` for what is no conflict's id. */
export function conflictRowId(space: string, id: string): string | undefined {
  const [, partition, seq, index] = /^(\d{1,9})\.(\d{1,16})\.(\d{1,3})$/.exec(id) ?? [];
  return seq === undefined || index === undefined
    ? undefined
    : `${space}/${partition}/${seq.padStart(SEQ_DIGITS, '0')}/${index.padStart(INDEX_DIGITS, '0')}`;
}

export function toConflictRow({ status, outcome, resolvedBy, ...met }: ConflictRecord): ConflictRow {
  const { space, key, strategy } = met;
  const _id = conflictRowId(space, met.id) as string;
  const standing = { status, outcome, ...(resolvedBy && { resolvedBy }) };
  return { _id, space, key, strategy, ...standing, text: canonicalText(met) };
}

const rowSchema = z.object({
  status: z.enum(['open', 'resolved']),
  outcome: z.enum(['stored', 'arrived', 'merged', 'siblings']),
  resolvedBy: z
    .object({ instanceId: z.string().optional(), version: z.number(), atMs: z.number() })
    .optional(),
  text: z.string(),
});

export function readConflict(row: unknown): ConflictRecord {
  const { text, ...standing } = rowSchema.parse(row);
  return { ...JSON.parse(text), ...(standing as Standing) };
}

/** What conflicts add to the counts, each count once. */
export function countsOf(conflicts: readonly ConflictRecord[]): ConflictCountRow[] {
  const counts = new Map<string, ConflictCountRow>();
  for (const row of conflicts.flatMap(countedOf)) {
    counts.set(row._id, { ...row, count: row.count + (counts.get(row._id)?.count ?? 0) });
  }
  return [...counts.values()];
}

const countedOf = ({ space, strategy, pattern = '', stored, arrived }: ConflictRecord): ConflictCountRow[] =>
  [strategy, pattern, [stored.author, arrived.author].sort().join(' ')].map((name, i) => {
    const dimension = DIMENSIONS[i] as Dimension;
    return { _id: `${space}#${dimension}#${name}`, space, dimension, name, count: 1 };
  });

/** What a closing changes of every open conflict of its key. */
export const closingOf = (resolvedBy: Resolution): Standing => ({
  status: 'resolved',
  outcome: 'merged',
  resolvedBy,
});
