import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventSchema, evolve, type MemoryEvent, receivedEventsSchema } from './event.ts';

const EVENT = {
  type: 'updated',
  key: 'tasks/42',
  version: 3,
  value: { done: true },
  clock: { ada: 2, ben: 1 },
  hlc: { wallMs: 1_750_000_000_000, counter: 0 },
  author: 'ada',
};

const oddity = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.integer({ min: -2, max: 2 }),
  fc.double(),
  fc.constantFrom(2 ** 48, 2 ** 16, Number.MAX_SAFE_INTEGER + 1, '', 'created', 'a b', 'ada', [], {}),
  fc.dictionary(
    fc.constantFrom('ada', '', 'a b', 'wallMs', 'counter'),
    fc.integer({ min: -1, max: 2 ** 16 }),
  ),
);

test('the fast way takes what the schema takes, and nothing else', () => {
  const fields = [...Object.keys(EVENT), 'tags', 'importance', 'expiresAtMs', 'unknown'];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...fields), oddity), { maxLength: 2 }), (changes) => {
      const event = { ...EVENT, ...Object.fromEntries(changes) };
      expect(receivedEventsSchema.safeParse([event]).success).toBe(eventSchema.safeParse(event).success);
    }),
    { numRuns: 2_000 },
  );
});

test.each([undefined, null, 'text', 7, [], {}])('%o is no event', (event) => {
  expect(receivedEventsSchema.safeParse([event]).success).toBe(false);
  expect(receivedEventsSchema.safeParse(event).success).toBe(Array.isArray(event));
});

test('an entry has all that its event says of the version', () => {
  const event = Object.fromEntries(Object.keys(eventSchema.shape).map((field) => [field, `the ${field}`]));
  const { type: _, merged: __, ...version } = event;
  expect(evolve(event as unknown as MemoryEvent, 0, 7)).toEqual({ ...version, partition: 0, seq: 7 });
});
