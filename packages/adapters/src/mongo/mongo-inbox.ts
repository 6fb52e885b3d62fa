import type { Inbox } from '@mnemon/core';
import { spaceIdSchema } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { inOrder } from '../inbox-order.ts';
import { collectionsOf } from './collections.ts';
import { type InboxRow, inboxRowId, readArrival, readWaiting, toInboxRow } from './inbox-row.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { type OnUnreadable, READABLE, readSettingAside } from './set-aside.ts';
import { leasePath } from './space-row.ts';

interface MongoInboxOptions {
  db: Db;
  now?: () => number;
  onUnreadable?: OnUnreadable | undefined;
}

/**
 * Waiting batches and the write lease in MongoDB. Its clock alone times the lease. Arrivals are timed by the servers' own:
 * between clients their order is approximate anyway.
 */
export function mongoInbox({ db, now = Date.now, onUnreadable }: MongoInboxOptions): Inbox {
  const { inbox, spaces } = collectionsOf(db);

  // The writer of what is no batch has no answer, sends the batch again, and that takes its place.
  const readBatches = readSettingAside<InboxRow, ReturnType<typeof readWaiting>>({
    ...{ db, collection: inbox.collectionName, read: readWaiting, stamp: 'arrivedAt', onUnreadable },
  });

  return reachable<Inbox>({
    async put(at, waiting) {
      const row = toInboxRow(at, waiting, now());
      for (;;) {
        try {
          await inbox.insertOne(row);
          return { waitedMs: 0 };
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
        const mended = await inbox.replaceOne({ _id: row._id, unreadable: true }, row);
        if (mended.modifiedCount === 1) return { waitedMs: 0 };
        const first = await inbox.findOne({ _id: row._id }, { projection: { arrivedAt: 1 } });
        // Without one, it was committed just now; this one then waits in its place.
        if (first) return { waitedMs: Math.max(0, now() - readArrival(first)) };
      }
    },

    async list({ space, partition }, limit) {
      const batches = await readBatches(() => {
        const arrived = inbox.find({ space, partition, ...READABLE }).sort({ arrivedAt: 1, client: 1, n: 1 });
        return arrived.limit(limit).batchSize(limit).toArray();
      });
      return inOrder(batches).map(({ waiting }) => waiting);
    },

    async stranded(waitedMs, limit) {
      const rows = inbox.aggregate([
        { $match: { arrivedAt: { $lte: new Date(now() - waitedMs) }, ...READABLE } },
        { $group: { _id: { space: '$space', partition: '$partition' } } },
        { $limit: limit },
      ]);
      return (await rows.toArray()).map((row) => strandedSchema.parse(row)._id);
    },

    async remove(at, mutations) {
      const ids = mutations.map((mutation) => inboxRowId(at, mutation));
      if (ids.length > 0) await inbox.deleteMany({ _id: { $in: ids } });
    },

    async acquireLease(at, holder, leaseMs) {
      const path = leasePath(at);
      const isFree = { $lte: [{ $ifNull: [`$${path}.until`, new Date(0)] }, '$$NOW'] };
      const isOwn = { $eq: [`$${path}.holder`, { $literal: holder }] };
      const lease = { holder: { $literal: holder }, until: { $add: ['$$NOW', leaseMs] } };
      const { matchedCount } = await spaces.updateOne({ _id: at.space, $expr: { $or: [isFree, isOwn] } }, [
        { $set: { [path]: lease } },
      ]);
      return matchedCount === 1;
    },

    async releaseLease(at, holder) {
      const path = leasePath(at);
      await spaces.updateOne({ _id: at.space, [`${path}.holder`]: holder }, { $unset: { [path]: '' } });
    },
  });
}

const strandedSchema = z.object({ _id: z.object({ space: spaceIdSchema, partition: z.int() }) });
