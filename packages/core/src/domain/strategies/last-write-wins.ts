import { laterOf } from './later.ts';
import type { Join } from './strategy.ts';

/** The later version. Commutative, associative, idempotent; deletions are versions like any other. */
export const lastWriteWins = laterOf satisfies Join;
