import { type WireError, wireError } from '@mnemon/protocol';

export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that a write expects, by RFC 9110's headers: `If-Match: "3"`, or `If-None-Match: *` for a key at which
 * there is nothing (0).
 */
export function expectedVersion(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): { ok: true; version: number | undefined } | { ok: false; error: WireError } {
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    return refuse('If-Match and If-None-Match exclude each other');
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch.trim() === '*' ? { ok: true, version: 0 } : refuse('If-None-Match of a write is *');
  }
  if (ifMatch === undefined) return { ok: true, version: undefined };
  const digits = /^"([1-9]\d{0,14})"$/.exec(ifMatch.trim())?.[1];
  return digits ? { ok: true, version: Number(digits) } : refuse('If-Match is one ETag, such as "3"');
}

const refuse = (message: string) => ({ ok: false as const, error: wireError('bad-request', message) });
