import type { JsonValue } from '@mnemon/protocol';

/** The items of all arrays, the earliest first, each value once; nothing when one of them is no array. */
export function mergeItems(values: readonly JsonValue[]): JsonValue[] | undefined {
  const merged = new Set<JsonValue>();
  const texts = new Set<string>();
  for (const items of values) {
    if (!Array.isArray(items)) return undefined;
    for (const item of items as JsonValue[]) {
      if (typeof item !== 'object' || item === null || isNew(texts, textOf(item))) merged.add(item);
    }
  }
  return [...merged];
}

function isNew(known: Set<string>, text: string): boolean {
  const { size } = known;
  return known.add(text).size > size;
}

/** The same for equal values, whatever the order of their fields. */
const textOf = (value: JsonValue): string =>
  JSON.stringify(value, (_, inner: JsonValue) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
