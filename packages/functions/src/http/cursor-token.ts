import type { Answered } from '@mnemon/core';
import { type Cursor, cursorSchema, wireError } from '@mnemon/protocol';

/** A cursor as callers carry it: they need not look inside. */
export const encodeCursor = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify(cursor)).toString('base64url');

/** Refuses with `bad-cursor` what `encodeCursor` did not make. */
export function decodeCursor(token: string): Answered<Cursor> {
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    if (parsed.success) return { ok: true, value: parsed.data };
  } catch {
    // Not even JSON.
  }
  return { ok: false, error: wireError('bad-cursor', 'this cursor was not given out by this service') };
}
