import type { JsonValue, VectorClock } from '@mnemon/protocol';
import { counterOf } from '@mnemon/protocol';
import { canonicalText } from '../commit.ts';
import type { Version } from '../version.ts';
import { mergingOf, withMerging } from './merging.ts';

/** An item, and the additions that it stands for: it is in the set as long as one of them was not taken back. */
interface Item {
  value: JsonValue;
  dots: VectorClock;
}
/** By the item's canonical text. */
export type Items = Map<string, Item>;

/** The dots of a sorted set: `of[i]` says which of `clocks` are those of item `i`; most items share theirs with others. */
export interface ItemDots {
  clocks: readonly VectorClock[];
  of: readonly number[];
}

/** The items of an array. What was written as a plain value has the dots of all that its version includes. */
export function itemsOf(version: Version | undefined): Items {
  const values = (version?.value ?? []) as readonly JsonValue[];
  const dots = version && mergingOf(version, 'dots');
  return new Map(
    values.map((value, i) => [
      canonicalText(value),
      { value, dots: dots?.clocks[dots.of[i] ?? -1] ?? version?.clock ?? {} },
    ]),
  );
}

/** `version` as a sorted array of these items: the same for everybody, whoever added first. */
export function withItems(version: Version, items: Items): Version {
  const inOrder = [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  const places = new Map<string, number>();
  const clocks: VectorClock[] = [];
  const of = inOrder.map(({ dots }) => {
    const text = canonicalText(dots);
    const place = places.get(text) ?? clocks.push(dots) - 1;
    places.set(text, place);
    return place;
  });
  return withMerging({ ...version, value: inOrder.map(({ value }) => value) }, { kind: 'dots', clocks, of });
}

/** Adds under the writer's dot, which takes the place of the additions that it has seen. */
export function add(items: Items, value: JsonValue, dot: VectorClock, seen: VectorClock): void {
  const text = canonicalText(value);
  items.set(text, { value, dots: { ...unseen(items.get(text)?.dots ?? {}, seen), ...dot } });
}

/** Takes back the additions that the remover has seen; what was added beside it stays. */
export function remove(items: Items, text: string, seen: VectorClock): void {
  const item = items.get(text);
  if (!item) return;
  const dots = unseen(item.dots, seen);
  if (Object.keys(dots).length === 0) items.delete(text);
  else items.set(text, { ...item, dots });
}

const unseen = (dots: VectorClock, seen: VectorClock): VectorClock =>
  Object.fromEntries(Object.entries(dots).filter(([name, count]) => count > counterOf(seen, name)));
