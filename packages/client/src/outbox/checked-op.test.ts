import { type Op, opSchema } from '@mnemon/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMnemonError } from '../mnemon-error.ts';
import { checkedOp, type Intent, type OpOptions } from './checked-op.ts';
import { sizeOfOp } from './pending-op.ts';

const HLC = { wallMs: 1, counter: 0 };

const number = fc.oneof(fc.integer({ min: -1, max: 3 }), fc.constantFrom(0.5, 2 ** 53, 10 ** 15, '1', null));
const each = {
  durability: fc.constantFrom('acked', 'queued', undefined),
  expectedVersion: number,
  ttlMs: number,
  strategy: fc.constantFrom('set', 'last-write-wins', 'none', undefined),
  importance: number,
  tags: fc.constantFrom(['a'], [''], undefined),
  lock: fc.constantFrom({ name: 'l', token: 1 }, { name: 'l', token: 0 }, undefined),
  unheardOf: fc.constant(1),
};
const options = fc.oneof(
  fc.record(each, { requiredKeys: [] }),
  ...Object.entries(each).map(([name, option]) => fc.record({ [name]: option as fc.Arbitrary<unknown> })),
);
const intent = fc.oneof(
  fc.record({ op: fc.constant('put'), key: fc.constant('k'), value: fc.constantFrom(null, 1, { a: [1] }) }),
  fc.record({ op: fc.constant('delete'), key: fc.constant('k') }),
  fc.record({ op: fc.constant('increment'), key: fc.constant('k'), by: number }),
);

test('takes just what the schema takes, and makes of it the same', () => {
  const asSent = ({ durability: _, lock, ...rest }: OpOptions) =>
    lock ? { ...rest, fence: { lock: lock.name, token: lock.token } } : rest;
  fc.assert(
    fc.property(intent, options, (said, how) => {
      const op = { ...said, seen: { ann: 3 }, seenSeq: 9, hlc: HLC, ...asSent(how as OpOptions) };
      const expected = opSchema.safeParse(JSON.parse(JSON.stringify(op)));
      const read = { clock: { ann: 3 }, seq: 9 };
      let made: Op | undefined;
      try {
        made = checkedOp({ ...said } as Intent, how as OpOptions, HLC, read).op;
      } catch (error) {
        expect(isMnemonError(error)).toBe(true);
      }
      expect(made).toEqual(expected.data);
    }),
    { numRuns: 1_000 },
  );
});

describe('a put', () => {
  const put = (value: unknown) => checkedOp({ op: 'put', key: 'k', value } as Intent, {}, HLC, undefined);

  test('is of the value as it is now', () => {
    const value = { items: ['a'] };
    const { op } = put(value);
    value.items.push('b');
    expect(op).toEqual({ op: 'put', key: 'k', value: { items: ['a'] }, seen: {}, hlc: HLC });
  });

  test('says what it adds to a frame', () => {
    const { op, sizeBytes } = put('é'.repeat(1_000));
    expect(sizeBytes).toBe(sizeOfOp(op));
    expect(sizeBytes).toBeGreaterThan(2_000);
  });

  test.each([
    ['nothing', undefined, 'bad-value'],
    ['what is no JSON', { a: Number.NaN }, 'bad-value'],
    ['more than 1 MB, quotes included', 'x'.repeat(1024 * 1024 - 1), 'value-too-large'],
  ])('of %s is refused', (_, value, code) => {
    expect(() => put(value)).toThrow(expect.objectContaining({ code }));
  });

  test('of 1 MB is not', () => {
    expect(() => put('x'.repeat(1024 * 1024 - 2))).not.toThrow();
  });
});
