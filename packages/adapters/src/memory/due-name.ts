import type { DueEntry, PartitionId } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';

const DIGITS = 16; // of the greatest safe integer

/** `<atMs>/<space>/<partition>/<seq>/<key>`: in this order things are due. Ids of spaces have no slash. */
export const dueName = (
  atMs: number,
  { space, partition }: PartitionId,
  { key, seq }: { key: string; seq: number },
): string => `${String(atMs).padStart(DIGITS, '0')}/${space}/${partition}/${seq}/${key}`;

export function readDueName(name: string): DueEntry {
  const [atMs, space, partition, seq, ...key] = name.split('/');
  return {
    space: space as SpaceId,
    partition: Number(partition),
    key: key.join('/'),
    seq: Number(seq),
    atMs: Number(atMs),
  };
}
