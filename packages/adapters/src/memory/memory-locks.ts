import type { FreedLock, LockId, Locks, LockTime } from '@mnemon/core';
import { LIMITS } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';
import type { KeptLock } from './kept-locks.ts';
import { locksOf } from './state.ts';

/** How long a lock that nobody holds is remembered. */
const KEPT_MS = 24 * 60 * 60_000;

/** Locks in memory. They outlive the process, for their holders do. */
export function memoryLocks({ state, commit, now }: Shared): Locks {
  const find = ({ space, name }: LockId) => locksOf(state(), space).byName.get(name);
  const isHeld = (lock: KeptLock | undefined): lock is KeptLock =>
    lock?.holder !== undefined && lock.untilMs > now();

  /** The lock, if it is held by whom `time` says. */
  const heldAs = ({ instanceId, token, ...id }: LockTime): KeptLock | undefined => {
    const lock = find(id);
    return lock?.token === token && lock.holder?.instanceId === instanceId ? lock : undefined;
  };

  const free = ({ space }: Pick<LockId, 'space'>, lock: KeptLock): FreedLock => {
    const { name, token } = lock;
    commit({ type: 'lock', space, lock: { name, token, untilMs: now(), waiters: [] } });
    const waiting = lock.waiters.filter(({ untilMs }) => untilMs > now());
    return { name, waiters: waiting.map(({ connectionId, attempt }) => ({ connectionId, attempt })) };
  };

  const forgetOld = ({ space }: Pick<LockId, 'space'>): void => {
    const old: string[] = [];
    for (const { name, untilMs } of locksOf(state(), space).byName.values()) {
      if (untilMs > now() - KEPT_MS) break;
      old.push(name);
    }
    if (old.length > 0) commit({ type: 'drop-locks', space, names: old });
  };

  return {
    async acquire({ space, name }, by, { leaseMs, waitMs }) {
      if (!state().epochs.has(space)) return undefined;
      const lock = find({ space, name });
      const waiters = (lock?.waiters ?? []).filter(
        ({ untilMs, attempt }) => untilMs > now() && attempt !== by.attempt,
      );
      const untilMs = now() + leaseMs;
      if (!isHeld(lock)) {
        const token = Math.max(locksOf(state(), space).lastToken + 1, Math.floor(now())); // I7
        commit({ type: 'lock', space, lock: { name, token, untilMs, holder: { ...by }, waiters } });
        forgetOld({ space });
        return { granted: true, token };
      }
      const { holder, token } = lock;
      if (holder?.attempt === by.attempt && holder.instanceId === by.instanceId) {
        commit({ type: 'lock', space, lock: { ...lock, untilMs, holder: { ...by } } });
        return { granted: true, token };
      }
      if (waitMs > 0) {
        const { connectionId, attempt } = by;
        const waiting = [...waiters, { connectionId, attempt, untilMs: now() + waitMs }];
        commit({ type: 'lock', space, lock: { ...lock, waiters: waiting.slice(-LIMITS.lockWaiters) } });
      }
      return { granted: false, leaseLeftMs: Math.ceil(lock.untilMs - now()) };
    },

    async renew(time, connectionId, leaseMs) {
      const lock = heldAs(time);
      if (!isHeld(lock)) return false;
      const { instanceId, attempt } = lock.holder as NonNullable<KeptLock['holder']>;
      const renewed = { ...lock, untilMs: now() + leaseMs, holder: { instanceId, connectionId, attempt } };
      commit({ type: 'lock', space: time.space, lock: renewed });
      return true;
    },

    async release(time) {
      const lock = heldAs(time);
      return lock && free(time, lock);
    },

    async releaseAll(space, connectionId) {
      const all = [...locksOf(state(), space).byName.values()];
      const held = all.filter(({ holder }) => holder?.connectionId === connectionId);
      return held.map((lock) => free({ space }, lock));
    },
  };
}
