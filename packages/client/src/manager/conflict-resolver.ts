import type { Sibling, Strategy } from '@mnemon/protocol';

/** The strategies of the engine that have a name of their own here. */
const STRATEGY_OF = {
  lastWriteWins: 'last-write-wins',
  mergeArrays: 'array-merge',
  mergeObjects: 'object-merge',
  maxValue: 'max-value',
} as const satisfies Record<string, Strategy>;

export type ConflictResolverName = keyof typeof STRATEGY_OF;

/** What concurrent versions became. */
export interface Resolution {
  /** What the key is to hold: one of them, or a new one. Without a `value`, nothing. */
  readonly resolved: Pick<Sibling, 'value' | 'tags' | 'importance' | 'entities' | 'relationships'>;
  readonly strategy: string;
  readonly discarded: readonly Sibling[];
}

/**
 * Makes one version of concurrent ones, the latest first; one without `value` is a deletion. Every client that sees them
 * calls its own, and the first answer counts: so they should agree.
 */
export type ConflictResolver = (versions: readonly Sibling[]) => Resolution | Promise<Resolution>;

/** How what this client writes is resolved: by the engine, or, for a function, by whoever sees it side by side. */
export function strategyOf(
  resolver: ConflictResolverName | ConflictResolver | undefined,
): Strategy | undefined {
  if (resolver === undefined) return undefined;
  return typeof resolver === 'function' ? 'custom' : STRATEGY_OF[resolver];
}
