import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { throwUnavailable } from './mongo-failures.ts';

/**
 * Makes the indexes that are missing. For a deployment and a local start, never for a cold start. Log and entries need no
 * other than that of their `_id`, which also sees to it that no `seq` is there twice (I2).
 */
export async function createIndexes(db: Db): Promise<void> {
  const { events, inbox, nodes } = collectionsOf(db);
  await Promise.all([
    events.createIndex({ space: 1, mutation: 1 }, { unique: true }), // I6: no batch twice
    inbox.createIndex({ space: 1, partition: 1, arrivedAt: 1, client: 1, n: 1 }),
    nodes.createIndex({ space: 1 }),
  ]).catch(throwUnavailable);
}
