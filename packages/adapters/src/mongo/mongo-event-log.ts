import { type EventLog, GENESIS, type MutationId, type PartitionId } from '@mnemon/core';
import type { Db, Filter } from 'mongodb';
import * as z from 'zod';
import { appendInTransaction } from './append-transaction.ts';
import { type Collections, collectionsOf } from './collections.ts';
import { type CommitRow, readCommit } from './commit-row.ts';
import { entryRowId, readEntry } from './entry-row.ts';
import { reachable, retryDuplicate } from './mongo-failures.ts';
import { leasedSpaceRowSchema, leasePath, spaceRowSchema } from './space-row.ts';

/** The log in MongoDB. */
export function mongoEventLog({ db }: { db: Db }): EventLog {
  const collections = collectionsOf(db);
  const { spaces, events, entries } = collections;
  return reachable<EventLog>({
    async open(space, epoch) {
      const row = await retryDuplicate(() =>
        spaces.findOneAndUpdate(
          { _id: space },
          { $setOnInsert: { epoch, leases: {} } },
          { upsert: true, returnDocument: 'after', projection: { epoch: 1 } },
        ),
      );
      return spaceRowSchema.parse(row).epoch;
    },

    async load({ keys, mutations, ...at }) {
      const [space, head, entries, answered] = await Promise.all([
        readSpace(collections, at),
        readHead(collections, at),
        readEntries(collections, at, keys),
        mutations.length === 0 ? [] : readAnswered(collections, at, mutations),
      ]);
      return space && { ...space, head, entries, answered };
    },

    append: (append) => appendInTransaction(db.client, collections, append),

    async head(space) {
      const [row, { seq }] = await Promise.all([
        spaces.findOne({ _id: space }, { projection: { epoch: 1 } }),
        readHead(collections, { space, partition: 0 }),
      ]);
      return row ? { epoch: spaceRowSchema.parse(row).epoch, seq: [seq] } : undefined;
    },

    async commits({ space, partition, afterSeq, limit }) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const later = events.find({ space, partition, seq: { $gt: afterSeq } }).sort({ seq: 1 });
      return (await later.limit(limit).batchSize(limit).toArray()).map(readCommit);
    },

    async entries({ space, partition, afterKey, limit }) {
      if (limit < 1) return [];
      // No key is empty, so this is all of them. An index with `deleted` in front passes over tombstones.
      const key = { $gt: afterKey ?? '' };
      const later = entries.find({ space, partition, deleted: false, key }).sort({ key: 1 });
      return (await later.limit(limit).batchSize(limit).toArray()).map(readEntry);
    },

    async newestEntrySeq({ space, partition }) {
      const newest = await entries.findOne(
        { space, partition },
        { sort: { seq: -1 }, projection: { seq: 1 } },
      );
      return newest === null ? 0 : seqSchema.parse(newest).seq;
    },
  });
}

const seqSchema = z.object({ seq: z.int() });
const headSchema = z.object({ seq: z.int(), hash: z.string() });

async function readSpace({ spaces }: Collections, at: PartitionId) {
  const leased = { $gt: [`$${leasePath(at)}.until`, '$$NOW'] };
  const row = await spaces.findOne({ _id: at.space }, { projection: { epoch: 1, leased } });
  return row === null ? undefined : leasedSpaceRowSchema.parse(row);
}

async function readHead({ events }: Collections, { space, partition }: PartitionId) {
  const newest = await events.findOne(
    { space, partition },
    { sort: { seq: -1 }, projection: { seq: 1, hash: 1 } },
  );
  return newest === null ? { seq: 0, hash: GENESIS } : headSchema.parse(newest);
}

async function readEntries({ entries }: Collections, at: PartitionId, keys: readonly string[]) {
  const ids = keys.map((key) => entryRowId(at, key));
  const rows = await entries.find({ _id: { $in: ids } }, { batchSize: keys.length + 1 }).toArray();
  return new Map(rows.map(readEntry).map((entry) => [entry.key, entry]));
}

async function readAnswered(
  { events }: Collections,
  { space, partition }: PartitionId,
  mutations: readonly MutationId[],
) {
  const ofMutation = ({ client, n }: MutationId): Filter<CommitRow> => ({ space, client, n, partition });
  const rows = await events.find({ $or: mutations.map(ofMutation) }).toArray();
  return rows.map(readCommit);
}
