import type { Entry, JsonValue, MemoryEvent, Op, Strategy } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalText } from '../commit.ts';
import { decide, evolve } from '../decide.ts';
import { NOW_MS, put, writer } from '../writing.fixture.ts';

const BASE_AT_MS = NOW_MS - 1_000;

/** A key that somebody has written, and a space whose log is asked for nothing else. */
function baseOf(strategy: Strategy, value: JsonValue) {
  const op = { ...put(value, { atMs: BASE_AT_MS }), strategy } as Op;
  const nothing = { nowMs: NOW_MS, policies: [], eventAt: () => undefined };
  const event = decide(undefined, op, writer('base'), nothing).event as MemoryEvent;
  return { entry: evolve(event, 0, 1), around: { ...nothing, eventAt: () => event } };
}

type Step = readonly [name: string, op: Op];

function arrive({ entry, around }: ReturnType<typeof baseOf>, steps: readonly Step[]): string {
  const last = steps.reduce((current: Entry, [name, op]) => {
    const { event } = decide(current, op, writer(name), around);
    return event ? evolve(event, 0, current.seq + 1) : current;
  }, entry);
  return canonicalText([last.value ?? null, last.value === undefined]);
}

/** Concurrent operations of as many instances, all of whom have read the base; and the same in another order. */
function inTwoOrders(op: fc.Arbitrary<object>): fc.Arbitrary<[Step[], Step[]]> {
  const steps = fc.array(op, { minLength: 2, maxLength: 4 }).map((ops) =>
    ops.map((fields, i): Step => {
      const hlc = { wallMs: NOW_MS - i, counter: 0 };
      return [`w${i}`, { key: 'k', seen: { base: 1 }, seenSeq: 1, hlc, ...fields } as unknown as Op];
    }),
  );
  return steps.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
}

function expectSame(strategy: Strategy, base: JsonValue, op: fc.Arbitrary<object>): void {
  const property = fc.property(inTwoOrders(op), ([one, other]) => {
    expect(arrive(baseOf(strategy, base), one)).toBe(arrive(baseOf(strategy, base), other));
  });
  fc.assert(property, { numRuns: 300 });
}

const puts = (strategy: Strategy, value: fc.Arbitrary<JsonValue>) =>
  value.map((each) => ({ op: 'put', strategy, value: each }));

test('counter: puts and increments make the same sum in whatever order they arrive', {
  timeout: 60_000,
}, () => {
  const increment = fc.integer({ min: -9, max: 9 }).map((by) => ({ op: 'increment', by }));
  expectSame('counter', 10, fc.oneof(increment, puts('counter', fc.integer({ min: 0, max: 20 }))));
});

test('set: puts, additions and removals make the same set in whatever order they arrive', {
  timeout: 60_000,
}, () => {
  const items = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'));
  const change = fc.record({ add: items, remove: items }).map((more) => ({ op: 'change-set', ...more }));
  expectSame('set', ['a', 'b'], fc.oneof(change, puts('set', items)));
});

test('object-merge: puts and deletions make the same object in whatever order they arrive', {
  timeout: 60_000,
}, () => {
  const field = fc.constantFrom('a', 'b', 'c');
  const object = fc.dictionary(field, fc.oneof(fc.nat(2), fc.dictionary(field, fc.nat(1))), {
    noNullPrototype: true,
  });
  const remove = fc.constant({ op: 'delete', strategy: 'object-merge' });
  const op = fc.oneof(
    { weight: 4, arbitrary: puts('object-merge', object) },
    { weight: 1, arbitrary: remove },
  );
  expectSame('object-merge', { a: 1, b: { a: 0, c: 1 } }, op);
});
