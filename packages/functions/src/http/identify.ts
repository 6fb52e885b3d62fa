import type { Answered, Identity } from '@mnemon/core';
import { wireError } from '@mnemon/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import type { HttpApp } from '../compose.ts';
import { identityOfToken } from '../identity-of-token.ts';
import type { HttpEnv } from './api.ts';
import { problem } from './problem.ts';

/** Finds who asks, or answers 401 or 403 (I8). Everything needs a token, but for the paths in `open`. */
export function identify(app: HttpApp, open: ReadonlySet<string>): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (open.has(c.req.path)) return next();
    const found = await identityOf(app, c);
    if (!found.ok) return problem(c, found.error);
    const refusal = await app.limit('requests', found.value);
    if (refusal) return problem(c, refusal);
    c.set('identity', found.value);
    return next();
  };
}

async function identityOf(app: HttpApp, c: Context): Promise<Answered<Identity>> {
  const token = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (token === undefined) {
    return { ok: false, error: wireError('unauthorized', 'a bearer token is needed') };
  }
  return identityOfToken(app, token, c.req.header('x-mnemon-instance') ?? c.req.query('instance'));
}
