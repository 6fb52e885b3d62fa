import type { Answered, Identity } from '@mnemon/core';
import { type ErrorCode, wireError } from '@mnemon/protocol';
import { claimedIdentity } from './claimed-identity.ts';
import type { App } from './compose.ts';

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
  const identity = claimedIdentity(token, verified.claims, wanted);
  if (!identity) return refuse('forbidden', 'name an instance that the token allows');
  return { ok: true, value: identity };
}

const refuse = (code: ErrorCode, message: string) => ({
  ok: false as const,
  error: wireError(code, message),
});
