import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { throwUnavailable } from './mongo-failures.ts';

/** Makes collections and indexes that are missing. For a deployment and a local start, never for a cold start. */
export async function createIndexes(db: Db): Promise<void> {
  const { events, entries, inbox, nodes } = collectionsOf(db);
  await Promise.all([
    // I2: no `seq` twice. I6: no batch twice.
    events.createIndex({ space: 1, partition: 1, seq: 1 }, { unique: true }),
    events.createIndex({ space: 1, client: 1, n: 1 }, { unique: true }),
    entries.createIndex({ space: 1, partition: 1, deleted: 1, key: 1 }),
    entries.createIndex({ space: 1, partition: 1, seq: 1 }),
    inbox.createIndex({ space: 1, partition: 1, arrivedAt: 1, client: 1, n: 1 }),
    nodes.createIndex({ space: 1 }),
  ]).catch(throwUnavailable);
}
