import type { JsonValue } from '@mnemon/protocol';

/** The items of all arrays, the earliest first, each value once; nothing when one of them is no array. */
export function mergeItems(values: readonly JsonValue[]): JsonValue[] | undefined {
  const merged: JsonValue[] = [];
  const primitives = new Set<JsonValue>();
  const texts = new Set<string>();
  for (const items of values) {
    if (!Array.isArray(items)) return undefined;
    for (const item of items as JsonValue[]) {
      const isNew =
        typeof item === 'object' && item !== null ? isAdded(texts, textOf(item)) : isAdded(primitives, item);
      if (isNew) merged.push(item);
    }
  }
  return merged;
}

function isAdded<Item>(known: Set<Item>, item: Item): boolean {
  const { size } = known;
  return known.add(item).size > size;
}

/** The same for equal values, whatever the order of their fields. */
const textOf = (value: JsonValue): string =>
  JSON.stringify(value, (_, inner: JsonValue) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
