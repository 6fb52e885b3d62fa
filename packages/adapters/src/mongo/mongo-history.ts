import type { History, PartitionId } from '@mnemon/core';
import * as z from 'zod';
import { mapBounded } from '../map-bounded.ts';
import type { Collections } from './collections.ts';
import { COMMIT_TEXT, commitRowId, readCommits } from './commit-row.ts';
import { ENTRY_TEXT, entryRowId, readEntry } from './entry-row.ts';
import { rowsBelow, rowsOf } from './row-range.ts';

const KEYS_AT_ONCE = 16;

/** When entries changed; and all that counting them needs, so that it reads this index and no row. */
export const ENTRY_CHANGES = { space: 1, partition: 1, seq: 1, deleted: 1, bytes: 1 } as const;

/** The log in MongoDB, by key: an index over the keys of each commit leads to them. */
export function mongoHistory({ events, entries }: Collections): History {
  /** The newest commit up to `upToSeq` that changed `key`. */
  const newestSeq = async ({ space, partition }: PartitionId, keys: string, upToSeq: number) => {
    const newest = await events.findOne(
      { space, partition, keys, seq: { $lte: upToSeq } },
      { sort: { seq: -1 }, projection: { seq: 1 } },
    );
    return newest === null ? [] : [rowSchema.parse(newest).seq];
  };

  return {
    async commitsOf({ key, beforeSeq, limit, space, partition }) {
      if (limit < 1) return [];
      const changed = events.find({ space, partition, keys: key, seq: { $lt: beforeSeq } });
      const rows = changed
        .project<{ _id: string }>(COMMIT_TEXT)
        .sort({ seq: -1 })
        .limit(limit)
        .batchSize(limit);
      return readCommits(await rows.toArray());
    },

    async newestCommitsOf({ keys, upToSeq, ...at }) {
      const seqs = await mapBounded(keys, KEYS_AT_ONCE, (key) => newestSeq(at, key, upToSeq));
      const ids = [...new Set(seqs.flat())].map((seq) => commitRowId(at, seq));
      const rows = await events
        .find({ _id: { $in: ids } }, { projection: COMMIT_TEXT, batchSize: ids.length + 1 })
        .toArray();
      return readCommits(rows);
    },

    async entriesBelow({ prefix, afterKey, limit, ...at }) {
      if (limit < 1) return [];
      const range = prefix === '' ? rowsOf(at) : rowsBelow(at, prefix);
      const _id = afterKey === undefined ? range : { ...range, $gt: entryRowId(at, afterKey) };
      const rows = entries
        .find({ _id }, { projection: ENTRY_TEXT })
        .sort({ _id: 1 })
        .limit(limit)
        .batchSize(limit);
      return (await rows.toArray()).map(readEntry);
    },

    async countEntries({ space, partition }) {
      const sum = { _id: '$deleted', count: { $sum: 1 }, bytes: { $sum: '$bytes' } };
      const counting = entries.aggregate([{ $match: { space, partition } }, { $group: sum }], {
        hint: ENTRY_CHANGES,
      });
      const counts = countsSchema.parse(await counting.toArray());
      const total = { entries: 0, tombstones: 0, sizeBytes: 0 };
      for (const { _id: deleted, count, bytes } of counts) {
        total[deleted ? 'tombstones' : 'entries'] += count;
        total.sizeBytes += bytes;
      }
      return total;
    },
  };
}

const rowSchema = z.object({ seq: z.int() });
const countsSchema = z.array(z.object({ _id: z.boolean(), count: z.number(), bytes: z.number() }));
