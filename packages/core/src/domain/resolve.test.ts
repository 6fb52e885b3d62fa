import { LIMITS } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { entryAfter, NOW_MS, PLAIN, put, writer } from './writing.fixture.ts';

const large = (letter: string) => Array.from({ length: 40 }, (_, i) => `${letter}${i}${'v'.repeat(1_000)}`);

test.each(['array-merge', 'custom'] as const)(
  '%s: a merge that is over a limit is last-write-wins, and the record says so, with both values',
  (strategy) => {
    const stored = entryAfter(['ann', put(large('a'), { strategy, atMs: NOW_MS - 1 })]);
    const { event, conflict, outcome } = decide(stored, put(large('b'), { strategy }), writer('bob'), PLAIN);
    expect(event).toMatchObject({ type: 'merged', value: large('b'), author: 'bob' });
    expect(JSON.stringify(event).length).toBeLessThan(LIMITS.versionBytes);
    expect(outcome).toEqual({ status: 'merged', version: 2 });
    expect(conflict).toMatchObject({
      type: 'too-large',
      strategy,
      outcome: 'arrived',
      stored: { value: large('a'), author: 'ann', version: 1 },
      arrived: { value: large('b'), author: 'bob' },
    });
  },
);

test('a type mismatch is last-write-wins, and a deletion beside a write is a conflict of its own', () => {
  const stored = entryAfter(['ann', put('text', { atMs: NOW_MS + 1 })]);
  const meet = (op: ReturnType<typeof put>) => decide(stored, op, writer('bob'), PLAIN);
  expect(meet(put(5, { strategy: 'max-value' }))).toMatchObject({
    event: { value: 'text', merged: { strategy: 'max-value', sides: [{ version: 1 }, { author: 'bob' }] } },
    conflict: { type: 'type-mismatch', outcome: 'stored' },
  });
  const removal = { ...put(0), op: 'delete' as const, strategy: 'importance' as const, importance: 0.5 };
  expect(meet(removal as never)).toMatchObject({
    conflict: { type: 'concurrent-delete', outcome: 'arrived' },
  });
});
