import { compare } from '@mnemon/protocol';
import type { Version } from '../version.ts';
import { laterOf } from './later.ts';

/** The version that has seen the other; of two that have not, the later. As lawful as hybrid time is: a successor's is later. */
export function causallyLater(a: Version, b: Version): Version {
  const causality = compare(a.clock, b.clock);
  if (causality === 'after') return a;
  if (causality === 'before') return b;
  return laterOf(a, b);
}
