import type { Sibling, Strategy } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import { ConflictResolvers, type Resolution } from '../resolvers/conflict-resolvers.ts';

/** The strategies of the engine that have a name of their own here. */
const STRATEGY_OF = {
  lastWriteWins: 'last-write-wins',
  mergeArrays: 'array-merge',
  mergeObjects: 'object-merge',
  maxValue: 'max-value',
} as const satisfies Record<string, Strategy>;

export type ConflictResolverName = keyof typeof STRATEGY_OF;

/**
 * Makes one version of concurrent ones, the latest first; one without `value` is a deletion. Every client that sees them
 * calls its own, and the first answer counts: so they should agree.
 */
export type ConflictResolver = (versions: readonly Sibling[]) => Resolution | Promise<Resolution>;

/**
 * How what this client writes is resolved: by the engine, or, for a function of one's own, by whoever sees it side by side.
 * Throws `bad-request` for a name that is none.
 */
export function strategyOf(
  resolver: ConflictResolverName | ConflictResolver | undefined,
): Strategy | undefined {
  if (resolver === undefined) return undefined;
  const names = Object.keys(STRATEGY_OF) as ConflictResolverName[];
  const name = names.find((each) => each === resolver || ConflictResolvers[each] === resolver);
  if (name) return STRATEGY_OF[name];
  if (typeof resolver === 'function') return 'custom';
  throw new MnemonError('bad-request', `no resolver is called ${resolver}`);
}

/** The function that a resolver is, or is named after; by default the latest version has its way, as in the engine. */
export const resolverOf = (
  resolver: ConflictResolverName | ConflictResolver = 'lastWriteWins',
): ConflictResolver => (typeof resolver === 'function' ? resolver : ConflictResolvers[resolver]);
