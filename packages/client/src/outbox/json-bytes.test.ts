import type { JsonValue, Op } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBytes } from './json-bytes.ts';
import { sizeOfOp } from './pending-op.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0001', '\u007f', 'é', '€', '😀', 'a') }),
);
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(text, tie('value')),
  ),
})).value;

test('counts what would be sent, to the byte', () => {
  fc.assert(
    fc.property(json, (value) => jsonBytes(value) === Buffer.byteLength(JSON.stringify(value))),
    { numRuns: 500 },
  );
});

test('what is undefined is not sent', () => {
  expect(jsonBytes({ a: undefined, b: 1 } as never)).toBe('{"b":1}'.length);
});

test('an operation takes no more than is reckoned with, and little less', () => {
  const clock = fc.dictionary(fc.constantFrom('ann', 'bob', 'worker-1'), fc.integer({ min: 1 }));
  const hlc = fc.record({ wallMs: fc.integer({ min: 0 }), counter: fc.nat(65_535) });
  const fields = { op: fc.constant('put'), key: fc.constantFrom('a', 'é/"'), value: json, seen: clock, hlc };
  const put = fc.record(
    { ...fields, seenSeq: fc.integer({ min: 1 }), tags: fc.array(fc.constantFrom('a', '"')) },
    { requiredKeys: ['op', 'key', 'value', 'seen', 'hlc'] },
  );
  fc.assert(
    fc.property(put, (op) => {
      const added = Buffer.byteLength(JSON.stringify(op)) + 1; // a comma
      expect(sizeOfOp(op as Op)).toBeGreaterThanOrEqual(added);
      expect(sizeOfOp(op as Op)).toBeLessThanOrEqual(added + 20);
    }),
  );
});
