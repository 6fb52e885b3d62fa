import type { Identity } from '@mnemon/core';
import { type ErrorCode, type WireError, wireError } from '@mnemon/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import type { HttpApp } from '../compose.ts';
import { instanceOf } from '../token.ts';
import type { HttpEnv } from './api.ts';
import { problem } from './problem.ts';

/** Finds who asks, or answers 401 or 403 (I8). Everything needs a token, but for the paths in `open`. */
export function identify(app: HttpApp, open: ReadonlySet<string>): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (open.has(c.req.path)) return next();
    const found = await identityOf(app, c);
    if (!found.ok) return problem(c, found.error);
    const refusal = await app.limit('requests', found.identity);
    if (refusal) return problem(c, refusal);
    c.set('identity', found.identity);
    return next();
  };
}

type Found = { ok: true; identity: Identity } | { ok: false; error: WireError };

async function identityOf({ ports, verify }: HttpApp, c: Context): Promise<Found> {
  const token = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (token === undefined) return refuse('unauthorized', 'a bearer token is needed');
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
  const instanceId = instanceOf(claims, c.req.header('x-mnemon-instance') ?? c.req.query('instance'));
  if (!instanceId) {
    return refuse('forbidden', 'name an instance that the token allows in x-mnemon-instance');
  }
  const { space, grants, sub: userId, exp } = claims;
  return { ok: true, identity: { space, instanceId, userId, grants, tokenExpiresAtMs: exp * 1000 } };
}

const refuse = (code: ErrorCode, message: string): Found => ({
  ok: false,
  error: wireError(code, message),
});
