import { canonicalText, type ImportPart, type Imports, type PartitionId } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import type { ClientSession, Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { countsOfSpace } from './conflict-row.ts';
import { entryRowId } from './entry-row.ts';
import { takeImportStep } from './import-step.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { toManifestRow } from './mongo-snapshots.ts';
import { rowsOf } from './row-range.ts';
import { floorPath } from './space-row.ts';

/** A part of an export as it is kept. */
export interface ImportPartRow {
  /** `<space>/<upload>/<number>`: neither of the first two has a slash. */
  _id: string;
  storedAt: Date;
  text: string;
}

const partRowId = (space: SpaceId, { upload, number }: ImportPart): string => `${space}/${upload}/${number}`;

/** The `_id`s before and after those of an upload: `0` is the character after the slash. */
const otherUploads = (space: SpaceId, { upload }: ImportPart) => [
  { $gt: `${space}/`, $lt: `${space}/${upload}/` },
  { $gt: `${space}/${upload}0`, $lt: `${space}0` },
];

/** Spaces that are being filled, in MongoDB. */
export function mongoImports({ db }: { db: Db }): Imports {
  const collections = collectionsOf(db);
  const { spaces, entries, importParts } = collections;
  return reachable<Imports>({
    async reserve(space, importId) {
      try {
        await spaces.insertOne({ _id: space, importing: importId, leases: {} });
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const reserved = { _id: space, importing: { $exists: true } };
      const { matchedCount } = await spaces.updateOne(reserved, {
        $set: { importing: importId },
        $unset: { floors: '' },
      });
      return matchedCount === 1;
    },

    async clear(space, importId, limit) {
      if (limit < 1) return 0;
      return db.client.withSession((session) =>
        session.withTransaction(async () => {
          const isOwn = await takeImportStep(collections, { space, importId }, session);
          return isOwn ? clearSome(db, { space, partition: 0 }, limit, session) : 0;
        }),
      );
    },

    async beginLog(space, importId, base) {
      const at = { space, partition: 0 };
      return db.client.withSession((session) =>
        session.withTransaction(async () => {
          if (!(await takeImportStep(collections, { space, importId }, session))) return false;
          await collections.snapshots.insertOne(toManifestRow(at, base), { session });
          await spaces.updateOne({ _id: space }, { $set: { [floorPath(at)]: base.seq } }, { session });
          return true;
        }),
      );
    },

    async seqsOf(space, keys) {
      const ids = keys.map((key) => entryRowId({ space, partition: 0 }, key));
      const rows = await entries.find({ _id: { $in: ids } }, { projection: { key: 1, seq: 1 } }).toArray();
      return new Map(rows.map((row) => seqSchema.parse(row)).map(({ key, seq }) => [key, seq]));
    },

    async finish(space, importId, { epoch, policies, retention }) {
      const settings = { epoch, policies: canonicalText(policies), ...(retention && { retention }) };
      const { matchedCount } = await spaces.updateOne(
        { _id: space, importing: importId },
        { $set: settings, $unset: { importing: '', importSteps: '' } },
      );
      return matchedCount === 1;
    },

    async putPart(space, part, text, nowMs) {
      const row = { storedAt: new Date(nowMs), text };
      await importParts.replaceOne({ _id: partRowId(space, part) }, row, { upsert: true });
      await importParts.deleteMany({ $or: otherUploads(space, part).map((_id) => ({ _id })) });
    },

    async part(space, part) {
      const row = await importParts.findOne({ _id: partRowId(space, part) });
      return row === null ? undefined : partSchema.parse(row).text;
    },

    async release(space, importId) {
      await spaces.deleteOne({ _id: space, importing: importId });
    },
  });
}

const partSchema = z.object({ text: z.string() });
const seqSchema = z.object({ key: z.string(), seq: z.int() });

/** From one collection, the first that has something. */
async function clearSome(db: Db, at: PartitionId, limit: number, session: ClientSession): Promise<number> {
  const { events, entries, snapshots, chunks, values, inbox, conflicts } = collectionsOf(db);
  const all = [events, entries, snapshots, chunks, values, inbox, conflicts].map(
    ({ collectionName }) => [collectionName, rowsOf(at)] as const,
  );
  for (const [collectionName, _id] of [
    ...all,
    [conflicts.collectionName, countsOfSpace(at.space)] as const,
  ]) {
    const rows = db.collection<{ _id: string }>(collectionName);
    const some = rows.find({ _id }, { projection: { _id: 1 }, session }).limit(limit);
    const ids = (await some.toArray()).map((row) => row._id);
    if (ids.length === 0) continue;
    await rows.deleteMany({ _id: { $in: ids } }, { session });
    return ids.length;
  }
  return 0;
}
