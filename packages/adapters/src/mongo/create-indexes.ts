import { LIMITS } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { throwUnavailable } from './mongo-failures.ts';
import { ENTRY_CHANGES } from './mongo-history.ts';
import { VALUE_TIMES } from './mongo-values.ts';

/** Not a count. */
const IS_CONFLICT = { text: { $exists: true } };

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Makes the indexes that are missing. For a deployment and a local start, never for a cold start. What is read in the
 * order of its `_id`, as log, entries and instances are, needs no other; that one also sees to it that no `seq` is there twice (I2).
 */
export async function createIndexes(db: Db): Promise<void> {
  const { spaces, events, entries, inbox, nodes, conflicts, locks, tasks, taskWaiters, values, importParts } =
    collectionsOf(db);
  await Promise.all([
    spaces.createIndex({ upkeptAtMs: 1 }),
    events.createIndex({ space: 1, mutation: 1 }, { unique: true }), // I6: no batch twice
    events.createIndex({ space: 1, partition: 1, keys: 1, seq: 1 }), // the versions of a key
    events.createIndex({ space: 1, partition: 1, topics: 1, seq: 1 }), // I4: what a selective reader should have had
    entries.createIndex(ENTRY_CHANGES),
    entries.createIndex(
      { deleted: 1, dueAtMs: 1, _id: 1 },
      { partialFilterExpression: { dueAtMs: { $exists: true } } },
    ),
    entries.createIndex({ space: 1, partition: 1, terms: 1, key: 1 }),
    entries.createIndex(
      { space: 1, partition: 1, deleted: 1, seq: 1 },
      { partialFilterExpression: { deleted: true } },
    ),
    inbox.createIndex({ space: 1, partition: 1, arrivedAt: 1, client: 1, n: 1 }),
    inbox.createIndex({ arrivedAt: 1 }),
    nodes.createIndex({ lastSeenAtMs: 1 }),
    nodes.createIndex({ status: 1, lastSeenAtMs: 1, _id: 1 }),
    conflicts.createIndex({ space: 1, status: 1, _id: -1 }, { partialFilterExpression: IS_CONFLICT }),
    conflicts.createIndex({ space: 1, strategy: 1, _id: -1 }, { partialFilterExpression: IS_CONFLICT }),
    conflicts.createIndex(
      { space: 1, 'resolvedBy.atMs': 1 },
      { partialFilterExpression: { status: 'resolved' } },
    ),
    conflicts.createIndex({ space: 1, key: 1 }, { partialFilterExpression: { status: 'open' } }),
    conflicts.createIndex(
      { space: 1, dimension: 1, count: -1, name: 1 },
      { partialFilterExpression: { dimension: { $exists: true } } },
    ),
    locks.createIndex({ space: 1, 'holder.connectionId': 1 }, { sparse: true }),
    locks.createIndex({ until: 1 }, { expireAfterSeconds: DAY_SECONDS }),
    values.createIndex(VALUE_TIMES),
    importParts.createIndex({ storedAt: 1 }, { expireAfterSeconds: DAY_SECONDS }),
    tasks.createIndex({ space: 1, open: 1, priority: -1, index: 1, dueAt: 1 }),
    tasks.createIndex({ space: 1, dueAt: 1 }, { partialFilterExpression: { open: true } }),
    tasks.createIndex({ dueAt: 1 }, { partialFilterExpression: { state: 'claimed' } }),
    tasks.createIndex({ space: 1, state: 1, priority: -1, index: 1 }),
    tasks.createIndex({ 'claim.attempt': 1 }, { sparse: true }),
    taskWaiters.createIndex({ space: 1, since: 1 }),
    taskWaiters.createIndex({ until: 1 }, { expireAfterSeconds: 0 }),
    tasks.createIndex({ endedAt: 1 }, { expireAfterSeconds: LIMITS.writeAgeMs / 1_000 }),
  ]).catch(throwUnavailable);
}
