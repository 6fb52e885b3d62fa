import { createHash } from 'node:crypto';
import type { Identity } from '@mnemon/core';
import { type Claims, instanceOf } from './token.ts';

/** Who `token`, which says `claims`, makes of somebody that asks to be the instance `wanted`; `undefined` where it may not (I8). */
export function claimedIdentity(
  token: string,
  claims: Claims,
  wanted: string | undefined,
): Identity | undefined {
  const instanceId = instanceOf(claims, wanted);
  if (!instanceId) return undefined;
  const { space, grants, sub: userId, exp } = claims;
  return { space, instanceId, userId, grants, tokenExpiresAtMs: exp * 1000, tokenId: tokenIdOf(token) };
}

/** Tells tokens apart without showing one: the beginning of its SHA-256. */
const tokenIdOf = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32);
