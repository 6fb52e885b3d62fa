import { allows, type Entry, LIMITS, type Scope, type WireError, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { groupBySize } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';

type Log = Pick<Ports, 'log'>;

export const DEFAULT_ITEMS = 100;

/** I8. A prefix is narrowed to what may be read, a key that may not be is refused. */
export function scopeRefusal({ grants }: Identity, scope: Scope): WireError | undefined {
  if (!('key' in scope) || allows(grants, 'read', scope.key)) return undefined;
  return wireError('forbidden', `no grant to read ${scope.key}`);
}

export interface ItemPage<Item> {
  items: readonly Item[];
  /** Where to go on; left out on the last page. A key of an item, so it tells nothing new (I8). */
  afterKey?: string;
}

/**
 * The next items that `itemsOf` makes of a scope's entries, in their order: some unless there are no more, as many as
 * fit a frame.
 */
export async function nextItems<Item extends { key: string }>(
  ports: Log,
  { space, grants }: Identity,
  { scope, afterKey, limit = DEFAULT_ITEMS }: { scope: Scope; afterKey?: string; limit?: number | undefined },
  itemsOf: (entries: readonly Entry[]) => Promise<readonly Item[]>,
): Promise<ItemPage<Item>> {
  let from = afterKey;
  for (;;) {
    const { entries, isLast } = await entriesIn(ports, space, scope, from, Math.max(limit, DEFAULT_ITEMS));
    const items = await itemsOf(entries.filter(({ key }) => allows(grants, 'read', key)));
    const fitting = groupBySize(items.slice(0, limit))[0] ?? [];
    const last = fitting.at(-1);
    if (last && !(isLast && fitting.length === items.length)) return { items: fitting, afterKey: last.key };
    if (isLast) return { items: fitting };
    from = entries.at(-1)?.key;
  }
}

/** The entries of a scope, tombstones included. */
export async function entriesIn(
  { log }: Log,
  space: Identity['space'],
  scope: Scope,
  afterKey: string | undefined,
  limit: number = LIMITS.pageItems,
): Promise<{ entries: readonly Entry[]; isLast: boolean }> {
  const at = { space, partition: 0 };
  if ('key' in scope) {
    const loaded = afterKey === undefined && (await log.load({ ...at, keys: [scope.key], mutations: [] }));
    return { entries: loaded ? [...loaded.entries.values()] : [], isLast: true };
  }
  const entries = await log.entriesBelow({ ...at, prefix: scope.prefix, afterKey, limit });
  return { entries, isLast: entries.length < limit };
}
