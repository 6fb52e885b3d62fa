import type { JsonValue } from '@mnemon/protocol';

type Fields = { readonly [field: string]: JsonValue };

const isFields = (value: JsonValue): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects merged field by field, at any depth, the earliest first; nothing when one of them is no object. */
export const mergeFields = (values: readonly JsonValue[]): Fields | undefined =>
  values.every(isFields) ? united(values) : undefined;

function united(objects: readonly Fields[]): Fields {
  const merged: Record<string, JsonValue> = Object.assign({}, ...objects); // much faster than field by field
  const nested = new Set<string>();
  for (let at = 1; at < objects.length; at++) {
    const object = objects[at] as Fields;
    for (const field in object) if (isFields(object[field] as JsonValue)) nested.add(field);
  }
  for (const field of nested) merged[field] = latest(valuesOf(objects, field));
  return merged;
}

const valuesOf = (objects: readonly Fields[], field: string): JsonValue[] =>
  objects.filter((object) => Object.hasOwn(object, field)).map((object) => object[field] as JsonValue);

/**
 * What is no object hides what was written before it, below it; an empty object, which is only the word that an object is
 * there, does not.
 */
function latest(values: readonly JsonValue[]): JsonValue {
  const at = values.findLastIndex((value) => !hasFields(value));
  if (at < 0) return united(values as Fields[]);
  const leaf = values[at] as JsonValue;
  const deeper = (isFields(leaf) ? values.filter(hasFields) : values.slice(at + 1)) as Fields[];
  return deeper.length > 0 ? united(deeper) : leaf;
}

function hasFields(value: JsonValue): boolean {
  if (!isFields(value)) return false;
  for (const _ in value) return true;
  return false;
}
