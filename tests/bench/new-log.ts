import { randomUUID } from 'node:crypto';
import { GENESIS, type PartitionId, seal } from '@mnemon/core';
import {
  type ClientId,
  type InstanceId,
  type MemoryEvent,
  type SpaceId,
  spaceIdSchema,
} from '@mnemon/protocol';
import type { Filling } from './filled-stores.ts';

export const AUTHOR = 'bench' as InstanceId;
export const NOW_MS = Date.UTC(2026, 0, 1);

export const newSpace = (): SpaceId => spaceIdSchema.parse(`bench-${randomUUID()}`);

/** Appends commits, one after the other, to the log of a new space. */
export async function newLog(log: Filling, space: SpaceId) {
  const at: PartitionId = { space, partition: 0 };
  const epoch = await log.open(space, randomUUID());
  let head = { seq: 0, hash: GENESIS };
  return {
    /** Its events' versions become entries, unless later commits replace them. */
    async append(events: readonly MemoryEvent[], { isReplaced = false } = {}): Promise<void> {
      const seq = head.seq + 1;
      const commit = seal({
        ...at,
        ...{ seq, epoch, author: AUTHOR, committedAtMs: NOW_MS, events: [...events] },
        mutation: { client: AUTHOR as string as ClientId, n: seq, outcomes: [] },
        prevHash: head.hash,
      });
      const entries = events.map(({ type: _, ...version }) => ({
        entry: { ...version, partition: 0, seq },
        loadedSeq: 0,
      }));
      await log.append({ ...at, commits: [commit], entries: isReplaced ? [] : entries, settled: [] });
      head = { seq, hash: commit.hash };
    },
  };
}
