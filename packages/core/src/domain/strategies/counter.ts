import type { JsonValue } from '@mnemon/protocol';
import type { Version } from '../version.ts';
import { laterOf } from './later.ts';
import type { Fallback, Meeting, Strategy } from './strategy.ts';

/**
 * A value that counts. Whatever a writer does counts as the difference to what it had read, so nothing is lost: a plain
 * number put beside other changes adds what it is more than that; a deletion takes away what it has seen.
 */
export const counter: Strategy = { needsBase: true, merge };

function merge({ stored, arrived, base }: Meeting): Version | Fallback {
  if (!isCount(stored.value) || !isCount(arrived.value)) return 'type-mismatch';
  if (base === 'unknown') return 'base-unknown';
  if (!isCount(base.value)) return 'type-mismatch';
  const difference = (arrived.value ?? 0) - (base.value ?? 0);
  if (stored.value === undefined && difference === 0) return stored;
  const value = (stored.value ?? 0) + difference;
  if (!Number.isSafeInteger(value)) return 'type-mismatch';
  const kept = arrived.value === undefined ? stored : arrived;
  const { hlc, author } = laterOf(stored, arrived);
  return { ...(stored.value === undefined ? arrived : kept), value, hlc, author };
}

const isCount = (value: JsonValue | undefined): value is number | undefined =>
  value === undefined || Number.isSafeInteger(value);

/** `by` more than is there; `undefined` where no counter is. */
export function incremented(stored: Version | undefined, by: number): number | undefined {
  if (!isCount(stored?.value)) return undefined;
  const value = (stored?.value ?? 0) + by;
  return Number.isSafeInteger(value) ? value : undefined;
}
