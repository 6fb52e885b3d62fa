import type { Clock } from '../ports/clock.ts';
import type { ContendedPartitions } from '../ports/contended-partitions.ts';
import type { PartitionId } from '../ports/event-log.ts';

const REMEMBERED_MS = 1_000;
const MOST = 1_000;

/** Remembered within the process; one for each environment. */
export function contendedPartitions(clock: Clock): ContendedPartitions {
  const untilMs = new Map<string, number>();
  const nameOf = ({ space, partition }: PartitionId) => `${space}/${partition}`;
  return {
    has: (at) => (untilMs.get(nameOf(at)) ?? 0) > clock.now(),
    add(at) {
      if (untilMs.size >= MOST) untilMs.clear();
      untilMs.set(nameOf(at), clock.now() + REMEMBERED_MS);
    },
    delete: (at) => void untilMs.delete(nameOf(at)),
  };
}
