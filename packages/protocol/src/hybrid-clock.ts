import * as z from 'zod/mini';

const MAX_WALL_MS = 2 ** 48 - 1;
const MAX_COUNTER = 2 ** 16 - 1;

/** Milliseconds since 1970 that fit 48 bits. */
export const timestampSchema = z.int().check(z.gte(0), z.lte(MAX_WALL_MS));

/** Hybrid logical clock time: wall clock, and a counter that orders what happened within one millisecond. */
export const hybridTimeSchema = z.strictObject({
  wallMs: timestampSchema,
  counter: z.int().check(z.gte(0), z.lte(MAX_COUNTER)),
});
export type HybridTime = z.infer<typeof hybridTimeSchema>;

const isWithin = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;

/** What `hybridTimeSchema` takes, told faster. */
export function isHybridTime(time: unknown): time is HybridTime {
  if (typeof time !== 'object' || time === null || Object.keys(time).length !== 2) return false;
  const { wallMs, counter } = time as Record<string, unknown>;
  return isWithin(wallMs, MAX_WALL_MS) && isWithin(counter, MAX_COUNTER);
}

export const HYBRID_ZERO: HybridTime = { wallMs: 0, counter: 0 };

/** Negative when `a` is earlier than `b`, 0 when they are the same. */
export const compareTimes = (a: HybridTime, b: HybridTime): number =>
  a.wallMs - b.wallMs || a.counter - b.counter;

/** The next time that is after `last` and not before `nowMs`: what a clock shows when it is read. */
export function tick(last: HybridTime, nowMs: number): HybridTime {
  if (nowMs > last.wallMs) return { wallMs: nowMs, counter: 0 };
  if (last.counter < MAX_COUNTER) return { wallMs: last.wallMs, counter: last.counter + 1 };
  return { wallMs: Math.min(last.wallMs + 1, MAX_WALL_MS), counter: 0 };
}

/** The later of two times: what a clock keeps when it hears of another's. */
export const latest = (a: HybridTime, b: HybridTime): HybridTime => (compareTimes(a, b) < 0 ? b : a);
