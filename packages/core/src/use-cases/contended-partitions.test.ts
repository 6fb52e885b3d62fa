import type { SpaceId } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import { contendedPartitions } from './contended-partitions.ts';

const at = (space: string) => ({ space: space as SpaceId, partition: 0 });

test('remembers a partition for a second, or until it is told otherwise', () => {
  let nowMs = 0;
  const contended = contendedPartitions({ now: () => nowMs });
  contended.add(at('team'));
  nowMs = 999;
  expect([contended.has(at('team')), contended.has(at('another'))]).toEqual([true, false]);
  nowMs = 1_000;
  expect(contended.has(at('team'))).toBe(false);
  contended.add(at('team'));
  contended.delete(at('team'));
  expect(contended.has(at('team'))).toBe(false);
});

test('of more than a thousand partitions forgets some rather than growing without end', () => {
  const contended = contendedPartitions({ now: () => 0 });
  for (let i = 0; i <= 1_000; i++) contended.add(at(`team-${i}`));
  expect([contended.has(at('team-0')), contended.has(at('team-1000'))]).toEqual([false, true]);
});
