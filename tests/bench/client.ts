import { ConflictResolvers } from '@mnemon/client';
import {
  compare,
  type Entry,
  type InstanceId,
  type JsonValue,
  merge,
  type Sibling,
  type VectorClock,
} from '@mnemon/protocol';
import * as vclock from '@thi.ng/vclock';
import deepmerge from 'deepmerge';
import { defu } from 'defu';
import picomatch from 'picomatch';
import { createSubscriptions } from '../../packages/client/src/replica/subscriptions.ts';
import { benchCachedReads } from './cached-reads.ts';
import { median, report } from './figures.ts';

const RUNS = 7;
const RUN_MS = 60;

/** What a client does within its own process, each beside a library that does the same work, or a part of it. */
export async function benchClient(): Promise<void> {
  await benchCachedReads();
  benchResolvers();
  for (const instances of [2, 10, 50]) benchClocks(instances);
  for (const subscriptions of [1, 100, 10_000]) benchDispatch(subscriptions);
}

/** Calls per second of each, taking turns, so that a slow moment of the machine meets all of them. */
function rates<Name extends string>(calls: Record<Name, (n: number) => unknown>): Record<Name, number> {
  const names = Object.keys(calls) as Name[];
  const perSecond = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let run = 0; run <= RUNS; run++) {
    for (const name of names) perSecond[name].push(rate(calls[name]));
  }
  return Object.fromEntries(names.map((name) => [name, median(perSecond[name].slice(1))])) as Record<
    Name,
    number
  >;
}

function rate(call: (n: number) => unknown): number {
  let count = 0;
  const startedAt = performance.now();
  let elapsedMs = 0;
  for (; elapsedMs < RUN_MS; elapsedMs = performance.now() - startedAt) {
    for (let n = 0; n < 200; n++) sink(call(count++));
  }
  return (count / elapsedMs) * 1000;
}

/** So that no result is optimized away. */
const results: unknown[] = [];
const sink = (result: unknown): void => {
  results[0] = result;
};

const objectOf = (seed: number) => ({
  ...Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`field${i + seed * 4}`, i * seed])),
  nested: { [`inner${seed}`]: { seed }, shared: seed },
});
const itemsOf = (seed: number) => Array.from({ length: 20 }, (_, i) => `item ${i + seed * 5}`);

const versions = (make: (seed: number) => JsonValue): Sibling[] =>
  [1, 2].map((seed) => ({
    value: make(seed),
    hlc: { wallMs: seed, counter: 0 },
    author: `worker-${seed}` as InstanceId,
    clock: { [`worker-${seed}`]: 1 },
  }));

/** Two versions of twenty fields or items. The peers know neither which is later nor whether there is one. */
function benchResolvers(): void {
  const [objects, lists] = [versions(objectOf), versions(itemsOf)];
  const [older, newer] = [objectOf(1), objectOf(2)];
  const [fewer, more] = [itemsOf(1), itemsOf(2)];
  const unique = { arrayMerge: (a: unknown[], b: unknown[]) => [...new Set([...a, ...b])] };
  report('resolve objects', {
    ...rates({
      'per s': () => ConflictResolvers.mergeObjects(objects),
      defu: () => defu(newer, older),
      deepmerge: () => deepmerge(older, newer),
    }),
  });
  report('resolve arrays', {
    ...rates({
      'per s': () => ConflictResolvers.mergeArrays(lists),
      'deepmerge, of a set': () => deepmerge(fewer, more, unique),
    }),
  });
  report('resolve by time', { ...rates({ 'per s': () => ConflictResolvers.lastWriteWins(objects) }) });
}

/** Clocks that differ in one counter each; the peer cannot tell equal from concurrent. */
function benchClocks(instances: number): void {
  const clock = (more: number): VectorClock =>
    Object.fromEntries(
      Array.from({ length: instances }, (_, i) => [`worker-${i}`, 5 + (i === more ? 1 : 0)]),
    );
  const pairs = [
    [clock(0), clock(1)],
    [clock(-1), clock(1)],
    [clock(-1), clock(-1)],
  ] as [VectorClock, VectorClock][];
  const pairOf = (n: number) => pairs[n % pairs.length] as [VectorClock, VectorClock];
  report(`vector clocks of ${instances}`, {
    ...rates({
      'compares per s': (n) => compare(...pairOf(n)),
      'vclock compares': (n) => vclock.compare(...pairOf(n)),
      'merges per s': (n) => merge(...pairOf(n)),
      'vclock merges': (n) => vclock.merge(...pairOf(n)),
    }),
  });
}

/** One change, one subscription that it matches, and the others: keys, prefixes and globs. */
function benchDispatch(count: number): void {
  const patterns = Array.from({ length: count }, (_, n) => PATTERNS[n % PATTERNS.length]?.(n) ?? '');
  const subscriptions = createSubscriptions(() => {});
  for (const pattern of patterns) subscriptions.add(pattern, sink);
  const scanned = patterns.map((pattern) => ({ isMatch: picomatch(pattern), callback: sink }));
  const key = 'tasks/0/state';
  const change = { type: 'updated', key, entry: {} as Entry, author: 'a', own: false } as const;
  report(`dispatch to one of ${count}`, {
    ...rates({
      'changes per s': () => subscriptions.emit([change]),
      'picomatch scan': () => {
        for (const { isMatch, callback } of scanned) if (isMatch(change.key)) callback(change);
      },
    }),
  });
}

const PATTERNS = [
  (n: number) => `tasks/${n}/*`,
  (n: number) => `tasks/${n}/lock`,
  (n: number) => `workers/worker-${n}-*/**`,
];
