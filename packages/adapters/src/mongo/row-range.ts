import type { PartitionId } from '@mnemon/core';

/**
 * Which `_id`s are a partition's: `<space>/<partition>/…`. Ids of spaces have no slash, and `0` is the character after
 * it, so nothing else lies between. Every `_id` has its index, and the database compares them byte by byte.
 */
export const rowsOf = ({ space, partition }: PartitionId): { $gt: string; $lt: string } => ({
  $gt: `${space}/${partition}/`,
  $lt: `${space}/${partition}0`,
});

/** Which `_id`s are of the keys below a path: `0` is the character after the slash here, too. */
export const rowsBelow = (at: PartitionId, prefix: string): { $gt: string; $lt: string } => ({
  $gt: `${rowsOf(at).$gt}${prefix}/`,
  $lt: `${rowsOf(at).$gt}${prefix}0`,
});
