import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';
import { utf8Length } from './utf8-length.ts';

const CONTROL = /\p{Cc}/u;
/** Printable ASCII: most keys. */
const PLAIN = new RegExp(`^[ -.0-~]+(?:/[ -.0-~]+){0,${LIMITS.keySegments - 1}}$`);

/**
 * Why `key` is not a key, or `undefined` when it is one: 1 to 8 segments between slashes, at most 512 bytes in
 * UTF-8, no empty segment, no control character, well-formed Unicode.
 */
export function keyProblem(key: string): string | undefined {
  if (key.length <= LIMITS.keyBytes && PLAIN.test(key) && !key.includes('__proto__')) return undefined;
  const segments = key.split('/');
  if (segments.length > LIMITS.keySegments) return `a key has at most ${LIMITS.keySegments} segments`;
  return pathProblem('a key', key, segments);
}

export function pathProblem(what: string, path: string, segments: string[]): string | undefined {
  if (segments.includes('')) return `${what} has no empty segment`;
  if (segments.includes('__proto__')) return `${what} has no segment __proto__`;
  if (CONTROL.test(path)) return `${what} has no control character`;
  if (!path.isWellFormed()) return `${what} is well-formed Unicode`;
  if (utf8Length(path) > LIMITS.keyBytes) return `${what} has at most ${LIMITS.keyBytes} bytes`;
  return undefined;
}

/** A path such as `tasks/42/state`. */
export const keySchema = z.string().check(
  z.superRefine((key, issues) => {
    const problem = keyProblem(key);
    if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-key' } });
  }),
);
