import { type Delivery, LIMITS } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupBySize, sizeOf, splitDelivery } from './split-delivery.ts';
import { eventOf } from './writing.fixture.ts';

const MAX_BYTES = 2_000;

const delivery = fc
  .array(fc.tuple(fc.constantFrom('v', 'é', '€', '"', '\u0001'), fc.nat(900)), { maxLength: 20, size: 'max' })
  .map(
    (values): Delivery => ({
      partition: 0,
      seq: 8,
      prev: 7,
      author: 'ann' as never,
      events: values.map(([char, length], i) => eventOf(`k${i}`, char.repeat(length))),
    }),
  );

describe('a delivery', () => {
  test('that fits is left whole and unnumbered', () => {
    const small: Delivery = {
      partition: 0,
      seq: 8,
      prev: 7,
      author: 'ann' as never,
      events: [eventOf('k', 1)],
    };
    expect(splitDelivery(small)).toEqual([small]);
    expect(splitDelivery(small, sizeOf(small))).toEqual([small]);
    expect(splitDelivery({ ...small, events: [] })).toEqual([{ ...small, events: [] }]);
  });

  test('comes back from its parts exactly, in order, each of the same commit', () => {
    fc.assert(
      fc.property(delivery, (whole) => {
        const parts = splitDelivery(whole, MAX_BYTES);
        expect(parts.flatMap(({ events }) => events)).toEqual(whole.events);
        for (const [index, { events: _, part, ...head }] of parts.entries()) {
          const { events: __, ...wholeHead } = whole;
          expect(head).toEqual(wholeHead);
          expect(part).toEqual(
            parts.length > 1 || sizeOf(whole) > MAX_BYTES ? { index, count: parts.length } : undefined,
          );
        }
      }),
    );
  });

  test('has no part that is too big, unless a single event alone is', () => {
    fc.assert(
      fc.property(delivery, (whole) => {
        for (const part of splitDelivery(whole, MAX_BYTES)) {
          if (part.events.length > 1) expect(sizeOf(part)).toBeLessThanOrEqual(MAX_BYTES);
          expect(part.events.length).toBeGreaterThan(sizeOf(whole) > MAX_BYTES ? 0 : -1);
        }
      }),
    );
  });
});

describe('groups', () => {
  test('hold all items in order, none too big unless a single item alone is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 60, size: 'max' }), { maxLength: 40, size: 'max' }),
        (items) => {
          const groups = groupBySize(items, 100);
          expect(groups.flat()).toEqual(items);
          for (const group of groups) {
            expect(group.length).toBeGreaterThan(0);
            if (group.length > 1) expect(sizeOf(group)).toBeLessThanOrEqual(100 + 2);
          }
        },
      ),
    );
  });

  test('are few: one is only begun when the item does not fit into the last', () => {
    const items = Array.from({ length: 100 }, () => 'x'.repeat(7)); // 9 bytes and a comma
    expect(groupBySize(items, 100).map((group) => group.length)).toEqual(Array(10).fill(10));
  });
});

test('a value of the greatest size fits one frame, whatever it consists of', () => {
  for (const char of ['v', '€', '"', '\u0001']) {
    const value = char.repeat(Math.floor((LIMITS.valueBytes - 2) / (sizeOf(char) - 2)));
    const clock = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}${'n'.repeat(120)}`, 2 ** 53 - 1]),
    );
    const event = { ...eventOf('"'.repeat(512), value), clock };
    const whole: Delivery = {
      partition: 0,
      seq: 8,
      prev: 7,
      author: 'a'.repeat(128) as never,
      events: [event],
    };
    expect(splitDelivery(whole)).toEqual([whole]);
  }
});
