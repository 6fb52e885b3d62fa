import type { Inbox } from '@mnemon/core';
import type { Db, Document } from 'mongodb';
import { inOrder } from '../inbox-order.ts';
import { collectionsOf } from './collections.ts';
import { type InboxRow, inboxRowId, readWaiting, toInboxRow, waitedSchema } from './inbox-row.ts';
import { reachable, retryDuplicate } from './mongo-failures.ts';
import { leasePath } from './space-row.ts';

/** Waiting batches and the write lease in MongoDB. Both are timed by its clock, never by a caller's. */
export function mongoInbox({ db }: { db: Db }): Inbox {
  const { inbox, spaces } = collectionsOf(db);
  return reachable<Inbox>({
    async put(at, waiting) {
      const _id = inboxRowId(at, waiting.batch);
      const update = keepFirst({ ...toInboxRow(at, waiting) });
      const projection = { waitedMs: { $subtract: ['$$NOW', '$arrivedAt'] } };
      const put = () =>
        inbox.findOneAndUpdate({ _id }, update, { upsert: true, returnDocument: 'after', projection });
      const { waitedMs } = waitedSchema.parse(await retryDuplicate(put));
      return { waitedMs: Math.max(0, waitedMs) };
    },

    async list({ space, partition }, limit) {
      const arrived = inbox.find({ space, partition }).sort({ arrivedAt: 1, client: 1, n: 1 });
      const rows = await arrived.limit(limit).batchSize(limit).toArray();
      return inOrder(rows.map(readWaiting)).map(({ waiting }) => waiting);
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

/** Inserts `row` with the time of its arrival. A row that is there already stays as it is, unwritten. */
function keepFirst(row: Omit<InboxRow, '_id' | 'arrivedAt'>): Document[] {
  const fields = Object.entries(row).map(([name, value]) => [
    name,
    { $ifNull: [`$${name}`, { $literal: value }] },
  ]);
  return [{ $set: { ...Object.fromEntries(fields), arrivedAt: { $ifNull: ['$arrivedAt', '$$NOW'] } } }];
}
