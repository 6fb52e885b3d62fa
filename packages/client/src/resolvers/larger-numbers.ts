import type { JsonValue } from '@mnemon/protocol';

/** The largest number, or of objects of numbers the largest per field; nothing when they are neither. */
export function largerNumbers(values: readonly JsonValue[]): JsonValue | undefined {
  if (values.every((value) => typeof value === 'number')) return Math.max(...values);
  if (!values.every(isNumbers)) return undefined;
  const largest: Record<string, number> = { ...values[0] };
  for (const numbers of values) {
    for (const field in numbers) {
      const number = numbers[field] as number;
      if (!Object.hasOwn(largest, field) || number > (largest[field] as number)) largest[field] = number;
    }
  }
  return largest;
}

function isNumbers(value: JsonValue): value is Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const field in value)
    if (typeof (value as Record<string, JsonValue>)[field] !== 'number') return false;
  return true;
}
