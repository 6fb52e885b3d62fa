import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [field: string]: JsonValue };

/**
 * Why `value` cannot be kept exactly, or `undefined` when it can: JSON only, finite numbers, well-formed text, at most
 * 64 levels, no field `__proto__` (whoever merges such a value into an object would change its prototype). Walks
 * without recursion: depth is chosen by strangers.
 */
export function valueProblem(value: unknown): string | undefined {
  const pending: [value: unknown, depth: number][] = [[value, 0]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [current, depth] = next;
    if (depth > LIMITS.valueDepth) return `a value has at most ${LIMITS.valueDepth} levels`;
    if (typeof current !== 'object' || current === null) {
      const problem = scalarProblem(current);
      if (problem) return problem;
    } else if (Array.isArray(current)) {
      for (const item of current) pending.push([item, depth + 1]);
    } else {
      const prototype = Object.getPrototypeOf(current);
      if (prototype !== Object.prototype && prototype !== null) return 'a value is plain JSON';
      for (const field of Object.keys(current)) {
        if (field === '__proto__') return 'a value has no field __proto__';
        if (!field.isWellFormed()) return 'a value is well-formed Unicode';
        pending.push([(current as Record<string, unknown>)[field], depth + 1]);
      }
    }
  }
  return undefined;
}

function scalarProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'a value is well-formed Unicode';
    case 'number':
      return Number.isFinite(value) ? undefined : 'a number is finite';
    case 'boolean':
      return undefined;
    default:
      return value === null ? undefined : `a value is JSON, not ${typeof value}`;
  }
}

export const jsonValueSchema = z
  .custom<JsonValue>((value) => value !== undefined, 'a value is required')
  .check(
    z.superRefine((value, issues) => {
      const problem = valueProblem(value);
      if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-value' } });
    }),
  );
