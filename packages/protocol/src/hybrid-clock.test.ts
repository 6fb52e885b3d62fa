import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareTimes, HYBRID_ZERO, hybridTimeSchema, latest, tick } from './hybrid-clock.ts';

const MAX_WALL_MS = 2 ** 48 - 1;
const wallMs = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: MAX_WALL_MS - 1 }));
const counter = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(65_534, 65_535));
const time = fc.record({ wallMs, counter });

describe('tick', () => {
  test('shows the wall clock while that runs ahead', () => {
    expect(tick({ wallMs: 5, counter: 9 }, 6)).toEqual({ wallMs: 6, counter: 0 });
  });

  test('counts while the wall clock stands still or is set back', () => {
    expect(tick({ wallMs: 5, counter: 0 }, 5)).toEqual({ wallMs: 5, counter: 1 });
    expect(tick({ wallMs: 5, counter: 1 }, 2)).toEqual({ wallMs: 5, counter: 2 });
  });

  test('goes to the next millisecond when one is full', () => {
    expect(tick({ wallMs: 5, counter: 65_535 }, 5)).toEqual({ wallMs: 6, counter: 0 });
  });

  test('is strictly after the last time, not before the wall clock, and fits the wire', () => {
    fc.assert(
      fc.property(time, wallMs, (last, nowMs) => {
        const next = tick(last, nowMs);
        expect(compareTimes(next, last)).toBeGreaterThan(0);
        expect(next.wallMs).toBeGreaterThanOrEqual(nowMs);
        expect(hybridTimeSchema.safeParse(next).success).toBe(true);
      }),
    );
  });

  test('stays on the wire at the end of time', () => {
    const end = { wallMs: MAX_WALL_MS, counter: 65_535 };
    expect(hybridTimeSchema.safeParse(tick(end, MAX_WALL_MS)).success).toBe(true);
  });
});

test('times are in one order, and the latest of two is one of them', () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(Math.sign(compareTimes(a, b)) + Math.sign(compareTimes(b, a))).toBe(0);
      if (compareTimes(a, b) === 0) expect(a).toEqual(b);
      expect(compareTimes(latest(a, b), a)).toBeGreaterThanOrEqual(0);
      expect(compareTimes(latest(a, b), b)).toBeGreaterThanOrEqual(0);
      expect([a, b]).toContain(latest(a, b));
      expect(compareTimes(HYBRID_ZERO, a)).toBeLessThanOrEqual(0);
    }),
  );
});

test.each([
  ['before 1970', { wallMs: -1, counter: 0 }],
  ['beyond 48 bits', { wallMs: 2 ** 48, counter: 0 }],
  ['half a millisecond', { wallMs: 0.5, counter: 0 }],
  ['text', { wallMs: '1', counter: 0 }],
  ['no number', { wallMs: Number.NaN, counter: 0 }],
  ['a negative counter', { wallMs: 1, counter: -1 }],
  ['a counter beyond 16 bits', { wallMs: 1, counter: 65_536 }],
  ['no counter', { wallMs: 1 }],
])('%s is no time', (_, time) => {
  expect(hybridTimeSchema.safeParse(time).success).toBe(false);
});
