import type { JsonValue } from '@mnemon/protocol';

/** The items of all arrays, the earliest first, each value once; nothing when one of them is no array. */
export function mergeItems(values: readonly JsonValue[]): JsonValue[] | undefined {
  if (!values.every((value) => Array.isArray(value))) return undefined;
  const items = new Map<unknown, JsonValue>();
  for (const item of (values as JsonValue[][]).flat()) {
    const identity = identityOf(item);
    if (!items.has(identity)) items.set(identity, item);
  }
  return [...items.values()];
}

/** A primitive that is the same for equal items only. */
function identityOf(item: JsonValue): unknown {
  if (typeof item === 'string') return `text ${item}`;
  return typeof item === 'object' && item !== null ? `json ${textOf(item)}` : item;
}

/** The same for equal values, whatever the order of their fields. */
const textOf = (value: JsonValue): string =>
  JSON.stringify(value, (_, inner: JsonValue) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
