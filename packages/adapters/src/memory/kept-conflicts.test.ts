import { expect, test } from 'vitest';
import { noConflicts } from './kept-conflicts.ts';

test('of more conflicts than a call has arguments some are forgotten, and the others are where they were', () => {
  const kept = noConflicts();
  const sides = { stored: { author: 'ann' }, arrived: { author: 'bob' } };
  const text = JSON.stringify({ status: 'resolved', resolvedBy: { atMs: 1 }, strategy: 'set', ...sides });
  kept.add(Array.from({ length: 200_000 }, (_, index) => ({ id: `0.${index}.0`, text })));
  kept.forget(['0.0.0', '0.2.0']);
  expect(kept.rows).toHaveLength(199_998);
  expect([0, 1, 199_997].map((place) => kept.rows[place]?.id)).toEqual(['0.1.0', '0.3.0', '0.199999.0']);
  expect(kept.places.get('0.3.0')).toBe(1);
  expect(kept.counts.byStrategy.get('set')).toBe(199_998);
});
