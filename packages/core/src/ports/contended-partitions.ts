import type { PartitionId } from './event-log.ts';

/**
 * The partitions of which another call held the write lease a moment ago, as this environment has seen it. A guess of
 * which way is the shorter one, and no more: a batch is committed once whichever it takes (I6).
 */
export interface ContendedPartitions {
  has(at: PartitionId): boolean;
  add(at: PartitionId): void;
  delete(at: PartitionId): void;
}
