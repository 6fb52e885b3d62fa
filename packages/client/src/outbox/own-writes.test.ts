import type { Op } from '@mnemon/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWitnesses } from '../replica/witnesses.ts';
import { valueAfter } from './optimistic-value.ts';
import { createOwnWrites, type OwnWrites } from './own-writes.ts';
import { type PendingOp, pendingOp } from './pending-op.ts';

const fields = { seen: {}, hlc: { wallMs: 1, counter: 0 } };
const increment = (key: string, by: number): Op => ({ op: 'increment', key, by, ...fields });

function add(own: OwnWrites, op: Op): PendingOp {
  const pending = pendingOp(op, 100);
  own.add(pending, own.newest(op.key));
  return pending;
}

const opArbitrary: fc.Arbitrary<Op> = fc
  .tuple(fc.constantFrom('put', 'delete', 'increment', 'increment'), fc.constantFrom('a', 'b'), fc.nat(9))
  .map(([op, key, number]): Op => {
    if (op === 'put') return { op, key, value: number, ...fields };
    return op === 'delete' ? { op, key, ...fields } : increment(key, number);
  });

test('are shown as one after the other, in whatever order they are answered', () => {
  const step = fc.oneof(fc.record({ add: opArbitrary }), fc.record({ remove: fc.nat() }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = createOwnWrites(createWitnesses());
      const model: PendingOp[] = [];
      for (const each of steps) {
        if ('add' in each) model.push(add(own, each.add));
        else for (const gone of model.splice(each.remove % Math.max(1, model.length), 1)) own.remove(gone);
        for (const key of ['a', 'b']) {
          const ops = model.map(({ op }) => op).filter((op) => op.key === key);
          expect(own.get(key, 5)).toEqual(ops.length > 0 ? { value: valueAfter(ops, 5) } : undefined);
          expect(own.isWhole(key)).toBe(ops.some(({ op }) => op !== 'increment'));
          expect(own.newest(key)?.op).toBe(ops.at(-1));
        }
        expect(new Set(own.keys())).toEqual(new Set(model.map(({ op }) => op.key)));
      }
    }),
  );
});

test('of 40,000 on one counter, each is taken out without a look at the others', () => {
  const own = createOwnWrites(createWitnesses());
  const all = Array.from({ length: 40_000 }, () => add(own, increment('count', 1)));
  for (const pending of all) own.remove(pending); // a look at all of them, each time, would take a minute
  expect(own.get('count', 5)).toBeUndefined();
});
