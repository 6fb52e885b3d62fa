import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AuthSettings } from './settings.ts';
import { readClaims, type Verified, verifyToken } from './token.ts';

export type VerifyToken = (token: string, nowMs: number) => Promise<Verified>;

/** What an identity provider may sign with. Never HS256: whoever knows a public key could sign with it. */
const KEY_SET_ALGORITHMS = ['RS256', 'ES256'];
const KEY_SET = { timeoutDuration: 2_000, cooldownDuration: 30_000, cacheMaxAge: 10 * 60_000 };

/** Checks tokens by the secrets, or by the keys at the URL: a token's algorithm says by which, and both have their own. */
export function tokenVerifier({ AUTH_SECRETS = [], AUTH_JWKS_URL }: AuthSettings): VerifyToken {
  const keys = AUTH_JWKS_URL === undefined ? undefined : createRemoteJWKSet(new URL(AUTH_JWKS_URL), KEY_SET);
  return async (token, nowMs) =>
    keys && KEY_SET_ALGORITHMS.includes(algorithmOf(token))
      ? verifyByKeySet(token, keys, nowMs)
      : verifyToken(token, AUTH_SECRETS, nowMs);
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? '';
  } catch {
    return '';
  }
}

async function verifyByKeySet(token: string, keys: JWTVerifyGetKey, nowMs: number): Promise<Verified> {
  try {
    const requiredClaims = ['exp', 'sub'];
    const { payload } = await jwtVerify(token, keys, {
      algorithms: KEY_SET_ALGORITHMS,
      currentDate: new Date(nowMs),
      requiredClaims,
    });
    return readClaims(payload);
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, problem: 'expired' };
    return {
      ok: false,
      problem: TOKEN_IS_AT_FAULT.some((fault) => error instanceof fault) ? 'invalid' : 'keys-unavailable',
    };
  }
}

/** Whatever else goes wrong is the key set's: it does not answer, or with something else. */
const TOKEN_IS_AT_FAULT = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
];
