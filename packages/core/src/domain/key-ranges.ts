import { type Grant, isInScope, type Scope } from '@mnemon/protocol';
import { compareKeys } from './compare-keys.ts';

/**
 * Where keys can be that match all of `patterns` and one of the grants (I8): ranges that don't overlap, in the order of
 * keys. They may hold other keys, too.
 */
export function readableRanges(prefix: string, pattern: string, grants: readonly Grant[]): readonly Scope[] {
  const wanted = rangesOf(pattern).flatMap((range) => common({ prefix }, range) ?? []);
  const readable = grants.flatMap((grant) => rangesOf(grant.pattern));
  return disjoint(wanted.flatMap((range) => readable.flatMap((other) => common(range, other) ?? [])));
}

/** Of such ranges the one that `afterKey` lies in, and those after it. */
export const rangesFrom = (ranges: readonly Scope[], afterKey: string): readonly Scope[] =>
  ranges.filter((range) => isInScope(range, afterKey) || compareKeys(beginningOf(range), afterKey) > 0);

/** Where the keys of a pattern are: its literal beginning in whole segments. */
function rangesOf(pattern: string): Scope[] {
  const segments = pattern.split('/');
  const wild = segments.findIndex((segment) => segment.includes('*'));
  if (wild < 0) return [{ key: pattern }];
  const prefix = segments.slice(0, wild).join('/');
  // `a/**` means `a`, too.
  const meansItself = wild > 0 && segments.slice(wild).every((segment) => segment === '**');
  return meansItself ? [{ key: prefix }, { prefix }] : [{ prefix }];
}

/** The one of two ranges that lies within the other. */
function common(a: Scope, b: Scope): Scope | undefined {
  if (lies(a, b)) return a;
  return lies(b, a) ? b : undefined;
}

function lies(inner: Scope, outer: Scope): boolean {
  if ('key' in inner) return isInScope(outer, inner.key);
  return 'prefix' in outer && (inner.prefix === outer.prefix || isInScope(outer, inner.prefix));
}

const beginningOf = (range: Scope): string => ('key' in range ? range.key : `${range.prefix}/`);

function disjoint(ranges: readonly Scope[]): Scope[] {
  const left: Scope[] = [];
  for (const range of ranges) {
    if (left.some((other) => lies(range, other))) continue;
    left.splice(0, left.length, ...left.filter((other) => !lies(other, range)), range);
  }
  return left.sort((a, b) => compareKeys(beginningOf(a), beginningOf(b)));
}
