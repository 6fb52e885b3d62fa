import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainPut, isPlainWrite, opSchema, writeSchema } from './write.ts';

const PUT = {
  op: 'put',
  key: 'tasks/42',
  value: { done: true },
  seen: { ada: 2, ben: 1 },
  seenSeq: 3,
  hlc: { wallMs: 1_750_000_000_000, counter: 0 },
};
const WRITE = { type: 'write', id: 'write-1', timestamp: 1, payload: { client: 'c1', n: 1, ops: [PUT] } };

const oddity = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.integer({ min: -2, max: 2 }),
  fc.double(),
  fc.constantFrom(2 ** 48, 2 ** 16, 2 ** 53, '', 'put', 'delete', 'a//b', 'a b', '\ud800', [], {}, [PUT]),
  fc.constantFrom(JSON.parse('{"__proto__":1}'), new Date(0), Array(101).fill(PUT)),
  fc.dictionary(
    fc.constantFrom('ada', '', 'a b', 'wallMs', 'counter'),
    fc.integer({ min: -1, max: 2 ** 16 }),
  ),
);

function changed<From extends object>(from: From, more: readonly string[]): fc.Arbitrary<From> {
  const field = fc.constantFrom(...Object.keys(from), ...more);
  return fc
    .array(fc.tuple(field, oddity), { maxLength: 2 })
    .map((changes) => ({ ...from, ...Object.fromEntries(changes) }));
}

test('the fast way takes no operation that the schema does not take, and takes every put of a value alone', () => {
  fc.assert(
    fc.property(changed(PUT, ['tags', 'ttlMs', 'strategy', 'unknown']), (op) => {
      const isTaken = opSchema.safeParse(op).success;
      const isPlain = op.op === 'put' && !['tags', 'ttlMs', 'strategy', 'unknown'].some((each) => each in op);
      expect(isPlainPut(op)).toBe(isTaken && isPlain);
    }),
    { numRuns: 2_000 },
  );
});

test('the fast way takes no write that the schema does not take', () => {
  const payload = changed(WRITE.payload, ['resend', 'unknown']);
  const write = changed(WRITE, ['unknown']).chain((frame) =>
    fc.option(payload, { nil: undefined }).map((other) => (other ? { ...frame, payload: other } : frame)),
  );
  fc.assert(
    fc.property(write, (frame) => {
      if (isPlainWrite(frame)) expect(writeSchema.parse(frame)).toEqual(frame);
    }),
    { numRuns: 2_000 },
  );
  expect(isPlainWrite(WRITE)).toBe(true);
  expect(isPlainWrite({ ...WRITE, payload: { ...WRITE.payload, resend: true } })).toBe(true);
});

test.each([undefined, null, 'text', 7, [], {}, { payload: null }])('%o is no write', (json) => {
  expect(isPlainWrite(json)).toBe(false);
  expect(isPlainPut(json)).toBe(false);
});
