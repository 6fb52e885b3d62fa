import type { Checkpoint, Checkpoints } from '@mnemon/core';
import { cursorSchema, hybridTimeSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';

/** A checkpoint as it is kept: `_id` is `<space>/<instanceId>`. */
export type CheckpointRow = Checkpoint & { _id: string };

const checkpointSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  cursor: cursorSchema,
  events: z.int(),
  clock: hybridTimeSchema,
  atMs: z.number(),
});

/** How far instances are, in MongoDB. */
export function mongoCheckpoints({ db }: { db: Db }): Checkpoints {
  const { checkpoints } = collectionsOf(db);
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
      const rows = checkpoints.find({ _id: { $gt: `${space}/`, $lt: `${space}0` } });
      return (await rows.toArray()).map((row) => checkpointSchema.parse(row));
    },
  });
}
