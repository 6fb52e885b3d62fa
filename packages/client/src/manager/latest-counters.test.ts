import { expect, test } from 'vitest';
import { createLatestCounters } from './latest-counters.ts';

test('each instance has the highest counter that was heard, in whatever order', () => {
  const counters = createLatestCounters();
  counters.hear({ ann: 2, bob: 1 });
  counters.hear({ ann: 1, bob: 3 });
  expect(counters.read()).toEqual({ ann: 2, bob: 3 });
});

test('of a thousand instances the 64 that were heard of last are kept', () => {
  const counters = createLatestCounters();
  for (let i = 1; i <= 1_000; i++) counters.hear({ steady: i, [`agent-${i}`]: 1 });
  const kept = Object.keys(counters.read());
  expect(kept).toHaveLength(64);
  expect(counters.read()).toMatchObject({ steady: 1_000, 'agent-1000': 1, 'agent-938': 1 });
  expect(kept).not.toContain('agent-937');
});
