import type { JsonValue } from '@mnemon/protocol';

export type JsonObject = { readonly [field: string]: JsonValue };

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no object with fields, by its JSON pointer (RFC 6901). Arrays are whole: which item is which, nobody knows. */
export function leavesOf(value: JsonValue, pointer = '', leaves = new Map<string, JsonValue>()) {
  const fields = isObject(value) ? Object.entries(value) : [];
  const isRoot = pointer === '' && isObject(value); // is there in any case
  if (fields.length === 0 && !isRoot) leaves.set(pointer, value);
  for (const [field, inner] of fields) leavesOf(inner, `${pointer}/${escaped(field)}`, leaves);
  return leaves;
}

/** The object that has these leaves; one that comes later takes the place of what is in its way. */
export function objectOf(leaves: Iterable<readonly [pointer: string, leaf: JsonValue]>): JsonObject {
  const root: Building = {};
  for (const [pointer, leaf] of leaves) {
    const path = pointer.split('/').slice(1).map(unescaped);
    const last = path.pop();
    let parent = root;
    for (const field of path) parent = enter(parent, field);
    if (last === undefined) continue;
    if (isObject(leaf)) enter(parent, last);
    else parent[last] = leaf;
  }
  return root;
}

type Building = { [field: string]: JsonValue };

function enter(parent: Building, field: string): Building {
  const inner = Object.hasOwn(parent, field) ? parent[field] : undefined;
  if (isObject(inner)) return inner as Building;
  const made: Building = {};
  parent[field] = made;
  return made;
}

const escaped = (field: string): string => field.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (field: string): string => field.replaceAll('~1', '/').replaceAll('~0', '~');
