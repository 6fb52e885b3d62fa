import {
  allows,
  type Entry,
  EVERYTHING,
  isInScope,
  LIMITS,
  type Scope,
  type WireError,
  wireError,
} from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { rangesFrom, readableRanges } from '../domain/key-ranges.ts';
import { DELIVERY_BYTES, sizeOf } from '../domain/split-delivery.ts';
import type { Ports } from '../ports/ports.ts';

type Log = Pick<Ports, 'log'>;

export const DEFAULT_ITEMS = 100;
/** However few of them there is something to say of, a call that looked at so many answers. */
const LOOKED_AT = 5_000;

/** I8. A prefix is narrowed to what may be read, a key that may not be is refused. */
export function scopeRefusal({ grants }: Identity, scope: Scope): WireError | undefined {
  if (!('key' in scope) || allows(grants, 'read', scope.key)) return undefined;
  return wireError('forbidden', `no grant to read ${scope.key}`);
}

export interface ItemPage<Item> {
  items: readonly Item[];
  /** Where to go on; left out on the last page. A key that may be read, so it tells nothing new (I8). */
  afterKey?: string;
}

interface ItemsRequest {
  scope: Scope;
  afterKey?: string | undefined;
  limit?: number | undefined;
  /** Whether to have looked at this entry uses up some of what one call may look at; an item always does. */
  counts?: (entry: Entry) => boolean;
}

/**
 * The next items that `itemsOf` makes of a scope's entries, in their order: as many as fit a frame of those that the next
 * `LOOKED_AT` entries have. So a page may be empty and not be the last.
 */
export async function nextItems<Item extends { key: string }>(
  ports: Log,
  identity: Identity,
  { scope, afterKey, limit = DEFAULT_ITEMS, counts = () => true }: ItemsRequest,
  itemsOf: (entries: readonly Entry[]) => Promise<readonly Item[]>,
): Promise<ItemPage<Item>> {
  const items: Item[] = [];
  let lookedAt = 0;
  let sizeBytes = 0;
  let place: string | undefined;
  for await (const entries of readablePages(ports, identity, scope, afterKey, limit)) {
    const isReadable = ({ key }: Entry) => allows(identity.grants, 'read', key);
    const made = new Map((await itemsOf(entries.filter(isReadable))).map((item) => [item.key, item]));
    for (const entry of entries) {
      const item = made.get(entry.key);
      const itemBytes = item ? sizeOf(item) + 1 : 0;
      const isFull = items.length === limit || (items.length > 0 && sizeBytes + itemBytes > DELIVERY_BYTES);
      // I8: as long as there is no key that its reader may know, a page is worth a longer look.
      const isOver = lookedAt >= LOOKED_AT && place !== undefined;
      if ((item && isFull) || isOver) return { items, ...(place !== undefined && { afterKey: place }) };
      if (item) items.push(item);
      sizeBytes += itemBytes;
      if (item || counts(entry)) lookedAt++;
      if (isReadable(entry)) place = entry.key;
    }
  }
  return { items };
}

/** What is in the scope and where the grants are, page by page; what lies between is not read. */
async function* readablePages(
  ports: Log,
  { space, grants }: Identity,
  scope: Scope,
  afterKey: string | undefined,
  limit: number,
): AsyncGenerator<readonly Entry[], void> {
  const ranges = 'key' in scope ? [scope] : readableRanges(scope.prefix, EVERYTHING, grants);
  for (const range of afterKey === undefined ? ranges : rangesFrom(ranges, afterKey)) {
    let from = afterKey !== undefined && isInScope(range, afterKey) ? afterKey : undefined;
    for (let isLast = false; !isLast; ) {
      const page = await entriesIn(ports, space, range, from, Math.max(limit, DEFAULT_ITEMS));
      yield page.entries;
      isLast = page.isLast;
      from = page.entries.at(-1)?.key;
    }
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
