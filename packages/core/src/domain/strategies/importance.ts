import type { Version } from '../version.ts';
import { laterOf } from './later.ts';

/**
 * The more important version, a deletion included; of two that are equally important, the later. What does not say is not
 * important. Commutative, associative, idempotent.
 */
export function moreImportant(a: Version, b: Version): Version {
  const difference = (a.importance ?? 0) - (b.importance ?? 0);
  if (difference !== 0) return difference > 0 ? a : b;
  return laterOf(a, b);
}
