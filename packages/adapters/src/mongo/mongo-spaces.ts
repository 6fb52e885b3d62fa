import type { Spaces } from '@mnemon/core';
import { spaceIdSchema } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { reachable } from './mongo-failures.ts';
import { IS_OPEN, readRetention } from './space-row.ts';

/** The spaces in MongoDB. */
export function mongoSpaces({ db }: { db: Db }): Spaces {
  const { spaces } = collectionsOf(db);
  return reachable<Spaces>({
    async dueForUpkeep({ beforeMs, limit }) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const isDue = { upkeptAtMs: { $not: { $gte: beforeMs } }, ...IS_OPEN }; // or has none
      const due = spaces.find(isDue, { projection: { _id: 1 } }).sort({ upkeptAtMs: 1 });
      return (await due.limit(limit).toArray()).map(({ _id }) => spaceIdSchema.parse(_id));
    },

    async beginUpkeep(space, atMs) {
      await spaces.updateOne({ _id: space }, { $set: { upkeptAtMs: atMs } });
    },

    async retention(space) {
      return readRetention(await spaces.findOne({ _id: space }, { projection: { retention: 1 } }));
    },

    async setRetention(space, { logMs, snapshotEveryCommits }) {
      const retention = { logMs, snapshotEveryCommits };
      const { matchedCount } = await spaces.updateOne({ _id: space, ...IS_OPEN }, { $set: { retention } });
      return matchedCount === 1;
    },
  });
}
