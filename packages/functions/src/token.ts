import { grantSchema, type InstanceId, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import { errors, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';

/** A name, or the beginning of one and `*`: a token that several instances share lets each choose its own. */
const instanceClaimSchema = z.string().regex(/^[A-Za-z0-9:._@+-]{0,127}\*?$/);

/** In milliseconds this still fits the 48 bits of a timestamp. */
const LATEST_S = Math.floor((2 ** 48 - 1) / 1000);

const claimsSchema = z.object({
  /** The user. */
  sub: z.string().min(1).max(256),
  space: spaceIdSchema,
  instance: instanceClaimSchema,
  grants: z.array(grantSchema).min(1).max(100),
  /** Seconds since 1970. */
  exp: z.number().int().max(LATEST_S),
});
/** What a Mnemon token says. */
export type Claims = z.infer<typeof claimsSchema>;

/** `keys-unavailable`: whoever publishes the keys does not answer; the token may be good. */
export type Verified =
  | { ok: true; claims: Claims }
  | { ok: false; problem: 'expired' | 'invalid' | 'keys-unavailable' };

const ALGORITHM = 'HS256';
const bytes = (secret: string): Uint8Array => new TextEncoder().encode(secret);

/** Checks signature, expiry and claims. Any of `secrets` will do, so that they can be rotated without a gap. */
export async function verifyToken(
  token: string,
  secrets: readonly string[],
  nowMs: number,
): Promise<Verified> {
  let problem: 'expired' | 'invalid' = 'invalid';
  for (const secret of secrets) {
    try {
      const options = {
        algorithms: [ALGORITHM],
        currentDate: new Date(nowMs),
        requiredClaims: ['exp', 'sub'],
      };
      const { payload } = await jwtVerify(token, bytes(secret), options);
      return readClaims(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) problem = 'expired';
      else if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  return { ok: false, problem };
}

/** What a token says whose signature is good. */
export function readClaims(payload: unknown): Verified {
  const claims = claimsSchema.safeParse(payload);
  return claims.success ? { ok: true, claims: claims.data } : { ok: false, problem: 'invalid' };
}

/** Signs a token; for development and for services that hold the secret. */
export function issueToken(claims: Claims, secret: string): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM }).sign(bytes(secret));
}

/** The instance that a connection asking to be `wanted` is, or `undefined` when the token does not let it. */
export function instanceOf(claims: Claims, wanted: string | undefined): InstanceId | undefined {
  const name = wanted ?? claims.instance;
  const allowed = claims.instance.endsWith('*')
    ? name.startsWith(claims.instance.slice(0, -1))
    : name === claims.instance;
  const parsed = instanceIdSchema.safeParse(name);
  return allowed && parsed.success ? parsed.data : undefined;
}
