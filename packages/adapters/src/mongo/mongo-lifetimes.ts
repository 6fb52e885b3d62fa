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
    expired: (page) => expiredBy(entries, page),

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

    async forgetTombstones({ space, partition, upToSeq, untilMs, limit }) {
      if (limit < 1) return 0; // to the database, 0 is no limit
      const old = { space, partition, deleted: true, seq: { $lte: upToSeq }, dueAtMs: { $lte: untilMs } };
      const rows = await entries
        .find(old, { projection: { _id: 1 } })
        .limit(limit)
        .toArray();
      if (rows.length === 0) return 0;
      // A key that has been written since stays as it is.
      const gone = await entries.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) }, ...old });
      return gone.deletedCount;
    },
  });
}

async function expiredBy(
  entries: Collections['entries'],
  { untilMs, after, limit }: DuePage,
): Promise<DueEntry[]> {
  if (limit < 1) return []; // to the database, 0 is no limit
  const later = after && [
    { dueAtMs: after.atMs, _id: { $gt: entryRowId(after, after.key) } },
    { dueAtMs: { $gt: after.atMs } },
  ];
  const rows = entries
    .find({ deleted: false, dueAtMs: { $lte: untilMs }, ...(later && { $or: later }) })
    .sort({ dueAtMs: 1, _id: 1 })
    .limit(limit)
    .batchSize(limit)
    .project({ space: 1, partition: 1, key: 1, seq: 1, dueAtMs: 1 });
  return (await rows.toArray()).map(readDue);
}
