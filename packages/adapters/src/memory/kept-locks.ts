import type { LockWaiter } from '@mnemon/core';
import type { InstanceId } from '@mnemon/protocol';
import { ROW_BYTES } from './journal-record.ts';

/** A lock as it is kept; without a holder it is free, and only its token counts. */
export interface KeptLock {
  name: string;
  token: number;
  untilMs: number;
  holder?: { instanceId: InstanceId; connectionId: string; attempt: string };
  waiters: readonly (LockWaiter & { untilMs: number })[];
}

/** What a space keeps of its locks. */
export interface KeptLocks {
  /** The newest token that any lock was given (I7). */
  lastToken: number;
  /** By name; who was granted last comes last. */
  byName: Map<string, KeptLock>;
}

export const noLocks = (): KeptLocks => ({ lastToken: 0, byName: new Map() });

// Each answers about how many bytes of the journal are of no more use.

export function putLock(locks: KeptLocks, lock: KeptLock): number {
  const former = locks.byName.get(lock.name);
  if (former && former.token !== lock.token) locks.byName.delete(lock.name);
  locks.byName.set(lock.name, lock);
  locks.lastToken = Math.max(locks.lastToken, lock.token);
  return former ? sizeOf(former) : 0;
}

export function dropLocks({ byName }: KeptLocks, names: readonly string[]): number {
  let supersededBytes = 0;
  for (const name of names) {
    const former = byName.get(name);
    if (former) supersededBytes += sizeOf(former);
    byName.delete(name);
  }
  return supersededBytes;
}

const sizeOf = (lock: KeptLock): number => ROW_BYTES + JSON.stringify(lock).length;
