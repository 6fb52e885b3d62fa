import { type JsonValue, utf8Length } from '@mnemon/protocol';

/** The bytes that `JSON.stringify(value)` takes in UTF-8, without making that text. What is `undefined` is left out. */
export function jsonBytes(value: JsonValue | undefined): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value);
    case 'number':
      return String(value).length;
    case 'boolean':
      return value ? 4 : 5;
    case 'object':
      if (value === null) return 4;
      return Array.isArray(value) ? bytesOfItems(value) : bytesOfFields(value as Fields);
    default:
      return 0;
  }
}

type Fields = { readonly [field: string]: JsonValue | undefined };

function bytesOfItems(items: readonly JsonValue[]): number {
  let bytes = items.length === 0 ? 2 : 1 + items.length; // brackets and commas
  for (const item of items) bytes += jsonBytes(item);
  return bytes;
}

function bytesOfFields(fields: Fields): number {
  let bytes = 1;
  for (const field in fields) {
    const value = fields[field];
    if (value !== undefined) bytes += textBytes(field) + jsonBytes(value) + 2; // a colon, and a comma or the end
  }
  return Math.max(bytes, 2);
}

/** Printable ASCII that JSON does not escape: most text. */
const PLAIN = /^[ !#-[\]-~]*$/;

const textBytes = (text: string): number =>
  PLAIN.test(text) ? text.length + 2 : utf8Length(JSON.stringify(text));
