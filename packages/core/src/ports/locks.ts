import type { InstanceId, SpaceId } from '@mnemon/protocol';

export interface LockId {
  space: SpaceId;
  name: string;
}

/** A connection that wants to hear when a lock is given back. */
export interface LockWaiter {
  connectionId: string;
  /** The call that waits. */
  attempt: string;
}

/** One holder's time with a lock: its token is greater than all that the lock was given before (I7). */
export interface LockTime extends LockId {
  instanceId: InstanceId;
  token: number;
}

export type Acquired =
  | { granted: true; token: number }
  /** Held by another call, at the latest for so long. */
  | { granted: false; leaseLeftMs: number };

/** A lock that is free now, and who waits for it. */
export interface FreedLock {
  name: string;
  waiters: readonly LockWaiter[];
}

/**
 * Locks with leases. At most one holder per lock at a time, by the store's clock; a lock whose lease has ended is free,
 * and its late holder has lost it (I7). Its newest token stays known for at least a day after that: `EventLog.append`
 * compares it. Durable once a call resolves.
 */
export interface Locks {
  /**
   * Grants the lock if it is free, else notes who waits, if it waits, in the same step: who gives it back later answers
   * it. A call that has the lock already by the same `attempt` is granted it again, with the same token; by another
   * attempt the lock is held, also for the same instance. `undefined` when the space has not been opened.
   */
  acquire(
    lock: LockId,
    by: { instanceId: InstanceId; connectionId: string; attempt: string },
    times: { leaseMs: number; waitMs: number },
  ): Promise<Acquired | undefined>;

  /** Whether the lock was still held so; then it is for `leaseMs` from now, through this connection. */
  renew(time: LockTime, connectionId: string, leaseMs: number): Promise<boolean>;

  /** Gives back what was held so; `undefined` when it was not, and nothing happened. */
  release(time: LockTime): Promise<FreedLock | undefined>;

  /** Gives back all that is held through a connection which is over. */
  releaseAll(space: SpaceId, connectionId: string): Promise<readonly FreedLock[]>;
}
