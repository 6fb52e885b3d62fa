import { expect, test } from 'vitest';
import { VectorClockManager } from './vector-clock-manager.ts';

test('two instances tell what happened before from what happened at the same time', () => {
  const [ann, bob] = [new VectorClockManager('ann'), new VectorClockManager('bob', { cleo: 3 })];
  expect(ann.compare(ann.clock)).toBe('equal');
  expect(ann.increment()).toEqual({ ann: 1 });
  expect(ann.compare(bob.clock)).toBe('concurrent');
  expect(bob.merge(ann.clock)).toEqual({ ann: 1, cleo: 3 });
  expect([ann.compare(bob.clock), bob.compare(ann.clock)]).toEqual(['before', 'after']);
  bob.increment();
  expect([bob.clock, ann.clock]).toEqual([{ ann: 1, bob: 1, cleo: 3 }, { ann: 1 }]);
});

test('what was handed out stays as it was', () => {
  const clock = new VectorClockManager('ann');
  const before = clock.increment();
  clock.increment();
  clock.merge({ ann: 9 });
  expect(before).toEqual({ ann: 1 });
});
