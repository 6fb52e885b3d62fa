import type { TaskClaim } from '@mnemon/core';
import type { Task } from '@mnemon/protocol';
import { ROW_BYTES } from './journal-record.ts';

/** A task as it is kept, with the claim that it is or was under last. */
export interface KeptTask {
  task: Task;
  claim?: TaskClaim;
  /** When it was done, or given up. */
  endedAtMs?: number;
}

/** What a space keeps of its queue. */
export interface KeptTasks {
  lastIndex: number;
  /** Pending and claimed ones, by id. */
  open: Map<string, KeptTask>;
  /** Done and dead ones, by id, in the order of their ends. */
  ended: Map<string, KeptTask>;
}

export const noTasks = (): KeptTasks => ({ lastIndex: 0, open: new Map(), ended: new Map() });

// Each answers about how many bytes of the journal are of no more use.

export function putTask(tasks: KeptTasks, kept: KeptTask): number {
  const { id, index } = kept.task;
  const former = tasks.open.get(id);
  tasks.lastIndex = Math.max(tasks.lastIndex, index);
  if (kept.endedAtMs === undefined) tasks.open.set(id, kept);
  else {
    tasks.open.delete(id);
    tasks.ended.set(id, kept);
  }
  return former ? sizeOf(former) : 0;
}

export function dropTasks({ ended }: KeptTasks, ids: readonly string[]): number {
  let supersededBytes = 0;
  for (const id of ids) {
    const former = ended.get(id);
    if (former) supersededBytes += sizeOf(former);
    ended.delete(id);
  }
  return supersededBytes;
}

const sizeOf = (kept: KeptTask): number => ROW_BYTES + JSON.stringify(kept).length;
