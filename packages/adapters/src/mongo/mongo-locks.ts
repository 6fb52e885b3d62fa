import type { FreedLock, LockId, Locks, LockTime } from '@mnemon/core';
import type { Db, Filter } from 'mongodb';
import { collectionsOf } from './collections.ts';
import {
  acquiring,
  freeLockRow,
  type LockRow,
  lockRowId,
  readAsked,
  readFreed,
  renewing,
} from './lock-row.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { IS_OPEN } from './space-row.ts';

/** Makes a lock free in one step. */
const FREEING = [{ $set: { until: '$$NOW', waiters: [] } }, { $unset: 'holder' }];

/** Locks in MongoDB. Its clock alone times the leases; that a notice is no more wanted, the server's may tell. */
export function mongoLocks({ db, now = Date.now }: { db: Db; now?: () => number }): Locks {
  const { locks, spaces } = collectionsOf(db);

  async function free(filter: Filter<LockRow>): Promise<FreedLock | undefined> {
    const row = await locks.findOneAndUpdate(filter, FREEING, { returnDocument: 'before' });
    return row === null ? undefined : readFreed(row, now());
  }

  /**
   * A free lock, if there is none; false where there is no space for it. Not part of the step that grants it: upserts of
   * many at once are not every database's.
   */
  async function make(lock: LockId): Promise<boolean> {
    if (!(await spaces.findOne({ _id: lock.space, ...IS_OPEN }, { projection: { _id: 1 } }))) return false;
    await locks.insertOne(freeLockRow(lock)).catch((error) => {
      if (!isDuplicate(error)) throw error;
    });
    return true;
  }

  return reachable<Locks>({
    async acquire(lock, by, times) {
      const { instanceId, connectionId, attempt } = by;
      const step = acquiring({ instanceId, connectionId, attempt }, times);
      for (;;) {
        const row = await locks.findOneAndUpdate({ _id: lockRowId(lock) }, step, { returnDocument: 'after' });
        if (row) {
          const { holder, leaseLeftMs, token } = readAsked(row);
          const isOwn = holder?.attempt === attempt && holder.instanceId === instanceId;
          return isOwn ? { granted: true, token } : { granted: false, leaseLeftMs };
        }
        if (!(await make(lock))) return undefined;
      }
    },

    async renew(time, connectionId, leaseMs) {
      const step = renewing(connectionId, leaseMs);
      const row = await locks.findOneAndUpdate(heldAs(time), step, { returnDocument: 'after' });
      return row !== null && readAsked(row).leaseLeftMs > 0;
    },

    release: (time) => free(heldAs(time)),

    async releaseAll(space, connectionId) {
      const held = { space, 'holder.connectionId': connectionId };
      const rows = await locks.find(held, { projection: { _id: 1 } }).toArray();
      const freed = await Promise.all(rows.map(({ _id }) => free({ _id, ...held })));
      return freed.filter((lock) => lock !== undefined);
    },
  });
}

const heldAs = ({ instanceId, token, ...lock }: LockTime & LockId) => ({
  _id: lockRowId(lock),
  token,
  'holder.instanceId': instanceId,
});
