import { type EventLog, GENESIS, type MutationId, type PartitionId, Unavailable } from '@mnemon/core';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { appendInTransaction } from './append-transaction.ts';
import { type Collections, collectionsOf } from './collections.ts';
import { COMMIT_TEXT, commitRowId, mutationName, readCommits } from './commit-row.ts';
import { ENTRY_TEXT, entryRange, entryRowId, readEntry } from './entry-row.ts';
import { lockRowId, readToken } from './lock-row.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { ENTRY_CHANGES, mongoHistory } from './mongo-history.ts';
import { rowsOf } from './row-range.ts';
import {
  floorPath,
  IS_OPEN,
  leasedSpaceRowSchema,
  leasePath,
  readFloor,
  readPolicies,
  spaceRowSchema,
} from './space-row.ts';

/**
 * Among so many commits the newest of a topic is looked for in the order of `_id` first. Mostly it is there, and some
 * databases sort all that an index of arrays leads to: of a long topic, most of the log.
 */
const NEAR = 100;

/** The log in MongoDB. */
export function mongoEventLog({ db }: { db: Db }): EventLog {
  const collections = collectionsOf(db);
  const { spaces, events, entries } = collections;
  return reachable<EventLog>({
    ...mongoHistory(collections),

    async open(space, epoch) {
      try {
        // Not an upsert that answers the row: of two at once, not every database tells the loser the winner's.
        await spaces.insertOne({ _id: space, epoch, leases: {} });
        return epoch;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const row = await spaces.findOne({ _id: space, ...IS_OPEN }, { projection: { epoch: 1 } });
        if (!row) throw new Unavailable(`the space ${space}, which is being imported,`);
        return spaceRowSchema.parse(row).epoch;
      }
    },

    async load({ keys, mutations, locks, ...at }) {
      const read = () =>
        Promise.all([
          readSpace(collections, at),
          readHead(collections, at),
          readEntries(collections, at, keys),
          mutations.length === 0 ? [] : readAnswered(collections, at, mutations),
          locks && readTokens(collections, at, locks),
        ]);
      const first = await read();
      // What `append` would not notice: an epoch that was renewed between two of these reads.
      const isMixed = first[0] && first[1].epoch !== undefined && first[1].epoch !== first[0].epoch;
      const [space, { seq, hash }, entries, answered, tokens] = isMixed ? await read() : first;
      return space && { ...space, head: { seq, hash }, entries, answered, ...(tokens && { tokens }) };
    },

    append: (append) => appendInTransaction(db.client, collections, append),

    async head(space) {
      const [row, { seq }] = await Promise.all([
        spaces.findOne({ _id: space, ...IS_OPEN }, { projection: { epoch: 1 } }),
        readHead(collections, { space, partition: 0 }),
      ]);
      return row ? { epoch: spaceRowSchema.parse(row).epoch, seq: [seq] } : undefined;
    },

    async commits({ afterSeq, limit, topics, ...at }) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const later = topics
        ? events.find({ ...at, topics: { $in: topics }, seq: { $gt: afterSeq } }).sort({ seq: 1 })
        : events.find({ _id: { ...rowsOf(at), $gt: commitRowId(at, afterSeq) } }).sort({ _id: 1 });
      return readCommits(
        await later.project<{ _id: string }>(COMMIT_TEXT).limit(limit).batchSize(limit).toArray(),
      );
    },

    countOf: ({ topics, afterSeq, limit, ...at }) =>
      events.countDocuments({ ...at, topics: { $in: topics }, seq: { $gt: afterSeq } }, { limit }),

    async newestOf({ topics, beforeSeq, ...at }) {
      const [near, before] = [commitRowId(at, Math.max(0, beforeSeq - NEAR)), commitRowId(at, beforeSeq)];
      const among = { topics: { $in: topics } };
      const projection = { seq: 1 };
      const newest =
        (await events.findOne(
          { _id: { $gte: near, $lt: before }, ...among },
          { sort: { _id: -1 }, projection, hint: { _id: 1 } },
        )) ??
        (await events.findOne(
          { ...at, ...among, seq: { $lt: beforeSeq } },
          { sort: { seq: -1 }, projection },
        ));
      return newest === null ? 0 : seqSchema.parse(newest).seq;
    },

    async entries({ afterKey, limit, topic, withTombstones = false, ...at }) {
      if (limit < 1) return [];
      const range = entryRange(at, topic, afterKey);
      const later = entries.find(withTombstones ? range : { ...range, deleted: false });
      const rows = later.project(ENTRY_TEXT).sort({ _id: 1 }).limit(limit).batchSize(limit);
      return (await rows.toArray()).map(readEntry);
    },

    floor: (at) => readSpaceFloor(collections, at),

    async raiseFloor({ seq, ...at }) {
      await spaces.updateOne({ _id: at.space }, { $max: { [floorPath(at)]: seq } });
    },

    async dropCommits({ limit, ...at }) {
      if (limit < 1) return 0;
      const [floor, head] = await Promise.all([readSpaceFloor(collections, at), readHead(collections, at)]);
      const _id = { ...rowsOf(at), $lte: commitRowId(at, Math.min(floor, head.seq - 1)) };
      const oldest = events
        .find({ _id }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit);
      const ids = (await oldest.toArray()).map((row) => row._id);
      if (ids.length > 0) await events.deleteMany({ _id: { $in: ids } });
      return ids.length;
    },

    async newestEntrySeq({ space, partition }) {
      const newest = await entries.findOne(
        { space, partition },
        { sort: { seq: -1 }, projection: { _id: 0, seq: 1 }, hint: ENTRY_CHANGES },
      );
      return newest === null ? 0 : seqSchema.parse(newest).seq;
    },
  });
}

const seqSchema = z.object({ seq: z.int() });
const headSchema = z.object({ seq: z.int(), hash: z.string(), epoch: z.string().optional() });

async function readSpace({ spaces }: Collections, at: PartitionId) {
  const leased = { $eq: [{ $type: `$${leasePath(at)}.until` }, 'date'] };
  const projection = { epoch: 1, policies: 1, leased };
  const row = await spaces.findOne({ _id: at.space, ...IS_OPEN }, { projection });
  return row === null ? undefined : { ...leasedSpaceRowSchema.parse(row), policies: readPolicies(row) };
}

async function readHead({ events }: Collections, at: PartitionId): Promise<z.infer<typeof headSchema>> {
  const newest = await events.findOne(
    { _id: rowsOf(at) },
    { sort: { _id: -1 }, projection: { seq: 1, hash: 1, epoch: 1 } },
  );
  return newest === null ? { seq: 0, hash: GENESIS } : headSchema.parse(newest);
}

async function readSpaceFloor({ spaces }: Collections, at: PartitionId): Promise<number> {
  return readFloor(await spaces.findOne({ _id: at.space }, { projection: { floors: 1 } }), at);
}

async function readEntries({ entries }: Collections, at: PartitionId, keys: readonly string[]) {
  const ids = keys.map((key) => entryRowId(at, key));
  const rows = await entries
    .find({ _id: { $in: ids } }, { projection: ENTRY_TEXT, batchSize: keys.length + 1 })
    .toArray();
  return new Map(rows.map(readEntry).map((entry) => [entry.key, entry]));
}

async function readTokens({ locks }: Collections, { space }: PartitionId, names: readonly string[]) {
  const ids = names.map((name) => lockRowId({ space, name }));
  const rows = locks.find({ _id: { $in: ids } }, { projection: { name: 1, token: 1 } });
  return new Map((await rows.toArray()).map(readToken));
}

async function readAnswered({ events }: Collections, at: PartitionId, mutations: readonly MutationId[]) {
  const { space, partition } = at;
  const asked = { space, mutation: { $in: mutations.map(mutationName) }, partition };
  const rows = events.find(asked, { projection: COMMIT_TEXT });
  return readCommits(await rows.batchSize(mutations.length + 1).toArray());
}
