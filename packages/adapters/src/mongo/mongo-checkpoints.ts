import type { Checkpoint, Checkpoints } from '@mnemon/core';
import { cursorSchema, hybridTimeSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { type OnUnreadable, READABLE, readSettingAside, type SetAside } from './set-aside.ts';

/** A checkpoint as it is kept: `_id` is `<space>/<instanceId>`. */
export type CheckpointRow = Checkpoint & SetAside & { _id: string };

const checkpointSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  cursor: cursorSchema,
  events: z.int(),
  clock: hybridTimeSchema,
  atMs: z.number(),
});

interface MongoCheckpointsOptions {
  db: Db;
  onUnreadable?: OnUnreadable | undefined;
}

/** How far instances are, in MongoDB. One that cannot be read holds nothing back until it is put anew. */
export function mongoCheckpoints({ db, onUnreadable }: MongoCheckpointsOptions): Checkpoints {
  const { checkpoints } = collectionsOf(db);
  const readEach = readSettingAside<CheckpointRow, Checkpoint>({
    ...{ db, collection: checkpoints.collectionName, stamp: 'atMs', onUnreadable },
    read: (row) => checkpointSchema.parse(row),
  });
  return reachable<Checkpoints>({
    async put({ space, instanceId, cursor, events, clock, atMs }) {
      const row = { space, instanceId, cursor, events, clock, atMs };
      const replace = () => checkpoints.replaceOne({ _id: `${space}/${instanceId}` }, row, { upsert: true });
      await replace().catch((error) => {
        if (!isDuplicate(error)) throw error;
        return replace(); // of two that insert at once, the second finds the first's
      });
    },

    async list(space) {
      return readEach(() =>
        checkpoints.find({ _id: { $gt: `${space}/`, $lt: `${space}0` }, ...READABLE }).toArray(),
      );
    },
  });
}
