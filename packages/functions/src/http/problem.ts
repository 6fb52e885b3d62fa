import { ERRORS, type WireError } from '@mnemon/protocol';
import type { Context } from 'hono';

/** RFC 9457, with the protocol's own members beside it: `code` and `retryable` are what programs look at. */
export function problem(c: Context, error: WireError, headers: Record<string, string> = {}): Response {
  const { code, message, retryable, retryAfterMs, details } = error;
  const status = ERRORS[code].httpStatus;
  const body = {
    type: `/docs#${code}`,
    title: code.replaceAll('-', ' '),
    status,
    detail: message,
    code,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(details !== undefined && { details }),
  };
  return c.body(JSON.stringify(body), status, {
    'content-type': 'application/problem+json',
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...headers,
  });
}
