import type { DueEntry, DuePage, Lifetimes } from '@mnemon/core';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { type Collections, collectionsOf } from './collections.ts';
import { entryRowId, readDue } from './entry-row.ts';
import { reachable } from './mongo-failures.ts';

/** What is due, in MongoDB: by index, and never by a TTL index, which would delete without an event. */
export function mongoLifetimes({ db }: { db: Db }): Lifetimes {
  const { entries, nodes, checkpoints } = collectionsOf(db);
  return reachable<Lifetimes>({
    expired: (page) => dueBy(entries, false, page),
    tombstones: (page) => dueBy(entries, true, page),

    async forgetInstances({ untilMs, limit }) {
      if (limit < 1) return 0;
      const silent = nodes
        .find({ lastSeenAtMs: { $lte: untilMs } })
        .limit(limit)
        .project({ _id: 1 });
      const _id = { $in: (await silent.toArray()).map((row) => z.string().parse(row._id)) };
      // Both are named alike. Who was heard of meanwhile stays.
      await checkpoints.deleteMany({ _id, atMs: { $lte: untilMs } });
      return (await nodes.deleteMany({ _id, lastSeenAtMs: { $lte: untilMs } })).deletedCount;
    },

    async forget(tombstones) {
      if (tombstones.length === 0) return;
      const gone = tombstones.map((tombstone) => ({
        deleteOne: {
          filter: { _id: entryRowId(tombstone, tombstone.key), seq: tombstone.seq, deleted: true },
        },
      }));
      await entries.bulkWrite(gone, { ordered: false });
    },
  });
}

async function dueBy(
  entries: Collections['entries'],
  deleted: boolean,
  { untilMs, after, limit }: DuePage,
): Promise<DueEntry[]> {
  if (limit < 1) return []; // to the database, 0 is no limit
  const later = after && [
    { dueAtMs: after.atMs, _id: { $gt: entryRowId(after, after.key) } },
    { dueAtMs: { $gt: after.atMs } },
  ];
  const rows = entries
    .find({ deleted, dueAtMs: { $lte: untilMs }, ...(later && { $or: later }) })
    .sort({ dueAtMs: 1, _id: 1 })
    .limit(limit)
    .batchSize(limit)
    .project({ space: 1, partition: 1, key: 1, seq: 1, dueAtMs: 1 });
  return (await rows.toArray()).map(readDue);
}
