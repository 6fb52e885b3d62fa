import type { Version } from '../version.ts';
import { laterOf } from './later.ts';
import { mergingOf } from './merging.ts';
import type { Join } from './strategy.ts';

/**
 * Lets deletions take part in a merge of values: the later of a deletion and the newest write decides whether there is a
 * value, and the values are merged in any case. Therefore the tombstone of a concurrent deletion holds on to what it
 * met: else the result would depend on whether a still later write arrives before it or after it. If `join` is
 * commutative, associative and idempotent, so is this.
 */
export const withDeletions =
  (join: Join): Join =>
  (a, b) => {
    const later = laterOf(a, b);
    const [heldByA, heldByB] = [heldBy(a), heldBy(b)];
    const held = heldByA && heldByB ? join(heldByA, heldByB) : (heldByA ?? heldByB);
    if (typeof held === 'string') return held;
    if (held === undefined) return later;
    if (later.value !== undefined) return held;
    const { hlc, author, clock } = later;
    return { hlc, author, clock, merging: { kind: 'hidden', version: held } };
  };

const heldBy = (version: Version): Version | undefined =>
  version.value === undefined ? mergingOf(version, 'hidden')?.version : version;
