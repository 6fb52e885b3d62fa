import type { JsonValue, VectorClock } from '@mnemon/protocol';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import { laterOf } from './later.ts';
import { add, type Items, itemsOf, remove, withItems } from './set-items.ts';
import type { Base, Fallback, Meeting, Strategy } from './strategy.ts';

/**
 * An observed-remove set, shown as a sorted array. A removal takes back the additions that its writer has seen, no others;
 * an array put as a whole is the difference to what its writer had read.
 */
export const set: Strategy = { needsBase: true, merge, replace };

function merge({ stored, arrived, base, seen }: Meeting): Version | Fallback {
  if (!isItems(stored.value) || !isItems(arrived.value)) return 'type-mismatch';
  const items = itemsOf(stored);
  const wanted = textsOf(arrived.value);
  for (const text of [...items.keys()]) if (!wanted.has(text)) remove(items, text, seen);
  const read = readBy(base) ?? items;
  for (const [text, value] of wanted) {
    if (!read.has(text)) add(items, value, arrived.clock, seen);
  }
  return shown(stored, arrived, items);
}

/** Items that were there keep their dots: putting them again says nothing new about them. */
function replace(stored: Version | undefined, arrived: Version): Version {
  if (!Array.isArray(arrived.value)) return arrived;
  const before = isItems(stored?.value) ? itemsOf(stored) : new Map();
  const items: Items = new Map();
  for (const [text, value] of textsOf(arrived.value)) {
    items.set(text, before.get(text) ?? { value, dots: arrived.clock });
  }
  return withItems(arrived, items);
}

/** The version that additions and removals make of what is there, or `undefined` where no set is. */
export function changedSet(
  stored: Version | undefined,
  changes: { add: readonly JsonValue[]; remove: readonly JsonValue[] },
  writer: Pick<Version, 'hlc' | 'author' | 'clock'>,
  seen: VectorClock,
): Version | undefined {
  if (!isItems(stored?.value)) return undefined;
  const items = itemsOf(stored);
  for (const value of changes.remove) remove(items, canonicalText(value), seen);
  for (const value of changes.add) add(items, value, writer.clock, seen);
  return withItems({ ...(stored?.value === undefined ? {} : stored), ...writer }, items);
}

/** A set that a deletion emptied is gone; one that was emptied item by item is there, empty. */
function shown(stored: Version, arrived: Version, items: Items): Version {
  const { hlc, author } = laterOf(stored, arrived);
  const isDeleted = arrived.value === undefined || stored.value === undefined;
  if (isDeleted && items.size === 0) {
    const { clock } = arrived;
    return { hlc, author, clock };
  }
  const kept = arrived.value === undefined ? stored : arrived;
  return withItems({ ...kept, hlc, author }, items);
}

/** What the writer did not add; without knowing, at least not what is there. */
const readBy = (base: Base): ReadonlyMap<string, JsonValue> | undefined =>
  base === 'unknown' || !isItems(base.value) ? undefined : textsOf(base.value);

const isItems = (value: JsonValue | undefined): value is readonly JsonValue[] | undefined =>
  value === undefined || Array.isArray(value);

const textsOf = (values: readonly JsonValue[] | undefined): Map<string, JsonValue> =>
  new Map((values ?? []).map((value) => [canonicalText(value), value]));
