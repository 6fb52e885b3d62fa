import * as z from 'zod/mini';
import { pathProblem } from './key.ts';
import { LIMITS } from './limits.ts';

/**
 * A glob over keys: `*` matches any run of characters within a segment, also as part of one (`job-*`); a segment
 * `**` matches any number of segments, none included. Everything else is literal.
 */
export const patternSchema = z.string().check(
  z.superRefine((pattern, issues) => {
    const problem = patternProblem(pattern);
    if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-pattern' } });
  }),
);

/** Why `pattern` is not a pattern, or `undefined` when it is one. */
export function patternProblem(pattern: string): string | undefined {
  const segments = pattern.split('/');
  if (segments.length > LIMITS.patternSegments) {
    return `a pattern has at most ${LIMITS.patternSegments} segments`;
  }
  return pathProblem('a pattern', pattern, segments);
}

/** Whether `key` is one of those that `pattern` means. Time is at most the product of both lengths. */
export function matches(pattern: string, key: string): boolean {
  if (pattern === '**') return true;
  if (!pattern.includes('*')) return pattern === key;
  return wildcard(pattern.split('/'), key.split('/'), (segment) => segment === '**', matchesSegment);
}

function matchesSegment(pattern: string, segment: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.includes('*')) return pattern === segment;
  return wildcard([...pattern], [...segment], (char) => char === '*', Object.is);
}

/**
 * The two-pointer glob: on a mismatch, the last wildcard swallows one item more. Going back to the last one alone is
 * enough, which is why no input makes this exponential.
 */
function wildcard(
  pattern: readonly string[],
  items: readonly string[],
  isWildcard: (part: string) => boolean,
  matchesOne: (part: string, item: string) => boolean,
): boolean {
  let p = 0;
  let i = 0;
  let retryP = -1;
  let retryI = 0;
  while (i < items.length) {
    const part = pattern[p];
    if (part !== undefined && isWildcard(part)) {
      retryP = ++p;
      retryI = i;
    } else if (part !== undefined && matchesOne(part, items[i] as string)) {
      p++;
      i++;
    } else if (retryP >= 0) {
      p = retryP;
      i = ++retryI;
    } else return false;
  }
  while (p < pattern.length && isWildcard(pattern[p] as string)) p++;
  return p === pattern.length;
}
