import type { Answered, Identity } from '@mnemon/core';
import { type ErrorCode, wireError } from '@mnemon/protocol';
import type { App } from './compose.ts';
import { instanceOf } from './token.ts';
import { tokenIdOf } from './token-id.ts';

/** Who a token makes of somebody that asks to be the instance `wanted` (I8). */
export async function identityOfToken(
  { ports, verify }: Pick<App, 'ports' | 'verify'>,
  token: string,
  wanted: string | undefined,
): Promise<Answered<Identity>> {
  const verified = await verify(token, ports.clock.now());
  if (!verified.ok) {
    switch (verified.problem) {
      case 'expired':
        return refuse('token-expired', 'the token has expired');
      case 'invalid':
        return refuse('unauthorized', 'the token is not valid');
      case 'keys-unavailable':
        return refuse('unavailable', 'the keys of tokens cannot be read now');
    }
  }
  const { claims } = verified;
  const instanceId = instanceOf(claims, wanted);
  if (!instanceId) return refuse('forbidden', 'name an instance that the token allows');
  const { space, grants, sub: userId, exp } = claims;
  const tokenId = tokenIdOf(token);
  return { ok: true, value: { space, instanceId, userId, grants, tokenExpiresAtMs: exp * 1000, tokenId } };
}

const refuse = (code: ErrorCode, message: string) => ({
  ok: false as const,
  error: wireError(code, message),
});
