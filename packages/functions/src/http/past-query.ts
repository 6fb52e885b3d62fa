import { z } from '@hono/zod-openapi';
import type { Answered } from '@mnemon/core';
import { LIMITS, type Moment, type Scope, scopeSchema, wireError } from '@mnemon/protocol';
import { decodeCursor } from './cursor-token.ts';

export const pagingQuery = {
  limit: z.coerce.number().int().min(1).max(LIMITS.pageItems).optional(),
  page: z
    .string()
    .max(LIMITS.pageTokenLength)
    .optional()
    .openapi({ description: '`page` of the answer before.' }),
};

export const scopeQuery = {
  key: z.string().optional().openapi({ description: 'One key; or' }),
  prefix: z
    .string()
    .optional()
    .openapi({ description: 'all keys below a path, of which the empty one is all.' }),
};

export const momentQuery = (description: string) => z.string().max(2048).openapi({ description });

/** Which keys a query means: `key` or `prefix`. */
export function readScope({
  key,
  prefix,
}: {
  key?: string | undefined;
  prefix?: string | undefined;
}): Answered<Scope> {
  const scope = scopeSchema.safeParse({
    ...(key !== undefined && { key }),
    ...(prefix !== undefined && { prefix }),
  });
  return scope.success
    ? { ok: true, value: scope.data }
    : { ok: false, error: wireError('bad-request', 'name a key or a prefix, and not both') };
}

/** A point in the past: a cursor, or milliseconds since 1970. */
export function readMoment(text: string): Answered<Moment> {
  if (/^\d{1,15}$/.test(text)) {
    const timeMs = Number(text);
    if (timeMs < 2 ** 48) return { ok: true, value: { timeMs } };
  }
  const cursor = decodeCursor(text);
  return cursor.ok ? { ok: true, value: { cursor: cursor.value } } : cursor;
}
