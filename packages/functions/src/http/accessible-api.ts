import { Unavailable } from '@mnemon/core';
import { LIMITS, type WireError, wireError } from '@mnemon/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import type { HttpApp } from '../compose.ts';
import { causeOf, log } from '../observe.ts';
import { type Api, newApi } from './api.ts';
import { identify } from './identify.ts';
import { problem } from './problem.ts';

/** A function is given its whole event at once, 6 MB at most, in which a body that is no text takes a third more. */
export const IMPORT_BYTES = 4 * 1024 * 1024;

/** An API without routes: knows who asks, and answers all that goes wrong with problems. `open` needs no token. */
export function newAccessibleApi(app: HttpApp, open: ReadonlySet<string>): Api {
  const api = newApi();
  if (app.settings.HTTP_CORS_ORIGINS.length > 0) api.use('*', allowOrigins(app.settings.HTTP_CORS_ORIGINS));
  api.use('*', identify(app, open));
  api.use('*', limitBody);
  api.notFound((c) => noRoute(api, c));
  api.onError((error, c) => problem(c, failure(c, error)));
  return api;
}

const allowOrigins = (origins: readonly string[]) =>
  cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowHeaders: [
      ...['authorization', 'content-type', 'if-match', 'if-none-match'],
      ...['idempotency-key', 'last-event-id', 'x-mnemon-instance'],
    ],
    allowMethods: ['GET', 'PUT', 'POST', 'DELETE'],
    exposeHeaders: ['etag', 'retry-after'],
    maxAge: 600,
  });

/** Of requests that may carry more than others. */
const BODY_BYTES: Readonly<Record<string, number>> = {
  'PUT /entry': LIMITS.largeValueBytes + LIMITS.batchBytes,
  'POST /entries': LIMITS.largeValueBytes + LIMITS.batchBytes,
  'POST /import': IMPORT_BYTES,
  'PUT /import/part': IMPORT_BYTES,
};

const limitBody: MiddlewareHandler = (c, next) => {
  const maxSize = BODY_BYTES[`${c.req.method} ${c.req.path}`] ?? LIMITS.batchBytes;
  const tooLarge = wireError('body-too-large', `a request of this route has at most ${maxSize} bytes`);
  return bodyLimit({ maxSize, onError: (c) => problem(c, tooLarge) })(c, next);
};

function noRoute(api: Api, c: Context): Response {
  const methods = api.routes
    .filter(({ path, method }) => method !== 'ALL' && matchesRoute(path, c.req.path))
    .map(({ method }) => method);
  if (methods.length === 0) return problem(c, wireError('not-found', `there is no ${c.req.path}`));
  const allow = [...new Set(methods)].join(', ');
  return problem(c, wireError('method-not-allowed', `${c.req.path} takes ${allow}`), { allow });
}

const matchesRoute = (route: string, path: string): boolean =>
  new RegExp(`^${route.replace(/:[^/]+/g, '[^/]+')}$`).test(path);

function failure(c: Context, error: Error): WireError {
  // Malformed JSON, or a body that is none.
  if (error instanceof HTTPException && error.status < 500) return wireError('bad-request', error.message);
  const { method, path } = c.req;
  log.error('request failed', { method, path, cause: causeOf(error) });
  // By its name: from an embedded store it comes across threads, and has lost its class.
  return error.name === Unavailable.name
    ? wireError('unavailable', error.message, { retryAfterMs: 500 })
    : wireError('internal', 'the request failed; its cause is in the log');
}
