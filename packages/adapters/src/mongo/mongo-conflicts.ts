import type { Conflicts } from '@mnemon/core';
import type { ClientSession, Db, Filter } from 'mongodb';
import * as z from 'zod';
import { type Collections, collectionsOf } from './collections.ts';
import {
  type ConflictRow,
  conflictRowId,
  conflictsOf,
  countsOf,
  type Dimension,
  readConflict,
} from './conflict-row.ts';
import { reachable } from './mongo-failures.ts';

const MOST_FREQUENT = 100;
const countSchema = z.object({ name: z.string(), count: z.number() });

/** The conflicts that appends have recorded, in MongoDB. */
export function mongoConflicts({ db }: { db: Db }): Conflicts {
  const { conflicts } = collectionsOf(db);

  async function most(space: string, dimension: Dimension) {
    const rows = conflicts.find({ space, dimension }, { projection: { _id: 0, name: 1, count: 1 } });
    const ranked = await rows.sort({ count: -1, name: 1 }).limit(MOST_FREQUENT).toArray();
    return ranked.map((row) => countSchema.parse(row));
  }

  return reachable<Conflicts>({
    async list(space, { beforeId, limit, status, strategy }) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const before = beforeId === undefined ? undefined : conflictRowId(space, beforeId);
      if (beforeId !== undefined && before === undefined) return [];
      const _id = { ...conflictsOf(space), ...(before && { $lt: before }) };
      const filter: Filter<ConflictRow> = { _id, space, text: { $exists: true } };
      if (status) filter.status = status;
      if (strategy) filter.strategy = strategy;
      const rows = conflicts
        .find(filter as object)
        .sort({ _id: -1 })
        .limit(limit)
        .batchSize(limit);
      return (await rows.toArray()).map(readConflict);
    },

    async recorded(space, { afterId, limit }) {
      if (limit < 1) return [];
      const after = afterId === undefined ? undefined : conflictRowId(space, afterId);
      if (afterId !== undefined && after === undefined) return [];
      const _id = { ...conflictsOf(space), ...(after && { $gt: after }) };
      const rows = conflicts.find({ _id }).sort({ _id: 1 }).limit(limit).batchSize(limit);
      return (await rows.toArray()).map(readConflict);
    },

    async get(space, id) {
      const _id = conflictRowId(space, id);
      const row = _id === undefined ? null : await conflicts.findOne({ _id });
      return row === null ? undefined : readConflict(row);
    },

    forget: (space, page) =>
      db.client.withSession((session) =>
        session.withTransaction(() => forgetResolved(collectionsOf(db), space, page, session)),
      ),

    async stats(space) {
      const [byStrategy, byPattern, byPair] = await Promise.all([
        most(space, 'byStrategy'),
        most(space, 'byPattern'),
        most(space, 'byPair'),
      ]);
      return { byStrategy, byPattern, byPair };
    },
  });
}

/** The records, and what they had added to the counts. Who counts or forgets the same at once does it before or after. */
async function forgetResolved(
  { conflicts }: Collections,
  space: string,
  { untilMs, limit }: { untilMs: number; limit: number },
  session: ClientSession,
): Promise<number> {
  if (limit < 1) return 0;
  const due = { space, status: 'resolved', 'resolvedBy.atMs': { $lte: untilMs } };
  const rows = await conflicts
    .find(due as object, { session })
    .limit(limit)
    .batchSize(limit)
    .toArray();
  if (rows.length === 0) return 0;
  const ids = rows.map(({ _id }) => _id);
  const counts = countsOf(rows.map(readConflict));
  await conflicts.bulkWrite(
    [
      { deleteMany: { filter: { _id: { $in: ids } } } },
      ...counts.map(({ _id, count }) => ({
        updateOne: { filter: { _id }, update: { $inc: { count: -count } } },
      })),
      { deleteMany: { filter: { _id: { $in: counts.map(({ _id }) => _id) }, count: { $lte: 0 } } } },
    ],
    { session, ordered: true },
  );
  return rows.length;
}
