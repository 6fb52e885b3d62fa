import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [field: string]: JsonValue };

/** What is no value, and why. */
export class NotJson {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

/** Why `value` cannot be kept exactly, or `undefined` when it can. */
export function valueProblem(value: unknown): string | undefined {
  const copy = copiedValue(value);
  return copy instanceof NotJson ? copy.problem : undefined;
}

/**
 * A copy of `value`, sharing nothing with it, where it can be kept exactly: JSON only, finite numbers, well-formed text, at
 * most 64 levels, no field `__proto__` (whoever merges such a value into an object would change its prototype).
 */
export function copiedValue(value: unknown, depth = 0): JsonValue | NotJson {
  if (depth > LIMITS.valueDepth) return new NotJson(`a value has at most ${LIMITS.valueDepth} levels`);
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? value : new NotJson('a value is well-formed Unicode');
    case 'number':
      return Number.isFinite(value) ? value + 0 : new NotJson('a number is finite'); // JSON knows no -0
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      return Array.isArray(value) ? copiedItems(value, depth) : copiedFields(value, depth);
    default:
      return new NotJson(`a value is JSON, not ${typeof value}`);
  }
}

function copiedItems(items: readonly unknown[], depth: number): JsonValue | NotJson {
  const copy: JsonValue[] = [];
  for (const item of items) {
    const copied = copiedValue(item, depth + 1);
    if (copied instanceof NotJson) return copied;
    copy.push(copied);
  }
  return copy;
}

function copiedFields(fields: object, depth: number): JsonValue | NotJson {
  const prototype = Object.getPrototypeOf(fields);
  if (prototype !== Object.prototype && prototype !== null) return new NotJson('a value is plain JSON');
  const copy: Record<string, JsonValue> = {};
  for (const field of Object.keys(fields)) {
    if (field === '__proto__') return new NotJson('a value has no field __proto__');
    if (!field.isWellFormed()) return new NotJson('a value is well-formed Unicode');
    const copied = copiedValue((fields as Record<string, unknown>)[field], depth + 1);
    if (copied instanceof NotJson) return copied;
    copy[field] = copied;
  }
  return copy;
}

export const jsonValueSchema = z
  .custom<JsonValue>((value) => value !== undefined, 'a value is required')
  .check(
    z.superRefine((value, issues) => {
      const problem = valueProblem(value);
      if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-value' } });
    }),
  );
