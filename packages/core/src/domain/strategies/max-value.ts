import type { JsonValue } from '@mnemon/protocol';
import { withDeletions } from './deletions.ts';
import { laterOf } from './later.ts';
import type { Join } from './strategy.ts';

type Numbers = Record<string, number>;

/**
 * The larger number, or of objects of numbers the larger per field; all else is the later version's. Commutative,
 * associative, idempotent among numbers and among objects of numbers.
 */
export const maxValue: Join = withDeletions((a, b) => {
  const value = larger(a.value, b.value);
  return value === undefined ? 'type-mismatch' : { ...laterOf(a, b), value };
});

function larger(a: JsonValue | undefined, b: JsonValue | undefined): JsonValue | undefined {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b);
  if (!isNumbers(a) || !isNumbers(b)) return undefined;
  const fields = new Map(Object.entries(a));
  for (const [field, number] of Object.entries(b)) {
    fields.set(field, Math.max(fields.get(field) ?? number, number));
  }
  return Object.fromEntries(fields);
}

const isNumbers = (value: JsonValue | undefined): value is Numbers =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'number');
