import * as z from 'zod/mini';
import { isName } from './ids.ts';
import { LIMITS } from './limits.ts';

/** Per entry: how many writes of each instance its value includes. A missing counter is 0. */
export type VectorClock = Readonly<Record<string, number>>;

/** Asks for an own property: an instance may be called `constructor`, which every object inherits. */
export const counterOf = (clock: VectorClock, instance: string): number =>
  Object.hasOwn(clock, instance) ? (clock[instance] as number) : 0;

export type Causality = 'equal' | 'before' | 'after' | 'concurrent';

/** How `a` stands to `b`: `before` when `b` includes all of `a` and more. */
export function compare(a: VectorClock, b: VectorClock): Causality {
  let isAhead = false;
  let isBehind = false;
  for (const instance in a) {
    const counter = counterOf(b, instance);
    if ((a[instance] as number) > counter) isAhead = true;
    else if ((a[instance] as number) < counter) isBehind = true;
    if (isAhead && isBehind) return 'concurrent';
  }
  if (!isBehind) isBehind = hasMore(b, a);
  if (isAhead) return isBehind ? 'concurrent' : 'after';
  return isBehind ? 'before' : 'equal';
}

/** Whether `a` counts writes of instances that `b` does not know. */
function hasMore(a: VectorClock, b: VectorClock): boolean {
  for (const instance in a) if (!Object.hasOwn(b, instance) && (a[instance] as number) > 0) return true;
  return false;
}

/** Whether `a` has seen everything that `b` has. */
export function includes(a: VectorClock, b: VectorClock): boolean {
  for (const instance in b) if (counterOf(b, instance) > counterOf(a, instance)) return false;
  return true;
}

/** The smallest clock that includes both. */
export function merge(a: VectorClock, b: VectorClock): VectorClock {
  const merged: Record<string, number> = { ...a };
  for (const instance in b) {
    const counter = b[instance] as number;
    if (counter > counterOf(merged, instance)) merged[instance] = counter;
  }
  return merged;
}

/**
 * `clock` with one more write of `instance`, which becomes its newest counter. Beyond 64 counters the oldest is
 * dropped; what only that counter could have told apart then counts as seen. (Ids that look like array indices sort
 * first in JavaScript objects and are therefore dropped sooner, never the writer's own.)
 */
export function advance(clock: VectorClock, instance: string): VectorClock {
  const counter = counterOf(clock, instance) + 1;
  const names = Object.keys(clock);
  if (names.at(-1) === instance) return { ...clock, [instance]: counter };
  const others = names.filter((name) => name !== instance);
  const kept = others.slice(Math.max(0, others.length + 1 - LIMITS.clockCounters));
  return Object.fromEntries([...kept.map((name) => [name, clock[name]]), [instance, counter]]);
}

/** Why it is no clock; `undefined` when it is one. */
export function clockProblem(clock: unknown): string | undefined {
  if (typeof clock !== 'object' || clock === null || Array.isArray(clock)) return 'a clock is an object';
  const counters = Object.entries(clock);
  if (counters.length > LIMITS.clockCounters) return `a clock has at most ${LIMITS.clockCounters} counters`;
  for (const [instance, counter] of counters) {
    if (!isName(instance)) return 'a clock counts the writes of instance ids';
    if (!Number.isSafeInteger(counter) || counter < 1) return 'a counter is a positive integer';
  }
  return undefined;
}

// Not z.record: that leaves a field named __proto__ out without a word.
export const vectorClockSchema = z.custom<VectorClock>().check(
  z.superRefine((clock, issues) => {
    const problem = clockProblem(clock);
    if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-clock' } });
  }),
);
