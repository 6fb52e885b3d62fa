import type { JsonValue, Op } from '@mnemon/protocol';

/** Whether what `op` leaves does not depend on what was there. */
export const isWhole = ({ op }: Op): boolean => op === 'put' || op === 'delete';

/** The value that operations on one key leave on top of `below`, as far as a client can tell; `undefined` is none. */
export const valueAfter = (ops: readonly Op[], below: JsonValue | undefined): JsonValue | undefined =>
  ops.reduce(applied, below);

function applied(value: JsonValue | undefined, op: Op): JsonValue | undefined {
  switch (op.op) {
    case 'put':
      return op.value as JsonValue;
    case 'delete':
      return undefined;
    case 'increment':
      return value === undefined ? op.by : typeof value === 'number' ? value + op.by : value;
    case 'change-set':
      return value === undefined || Array.isArray(value) ? changed(value ?? [], op) : value;
  }
}

function changed(
  items: readonly JsonValue[],
  { add = [], remove = [] }: Extract<Op, { op: 'change-set' }>,
): JsonValue[] {
  const left = new Map(items.map((item) => [JSON.stringify(item), item]));
  for (const item of remove) left.delete(JSON.stringify(item));
  for (const item of add) left.set(JSON.stringify(item), item as JsonValue);
  return [...left.values()];
}
