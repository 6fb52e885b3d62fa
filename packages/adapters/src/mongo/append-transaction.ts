import { type Append, Unavailable } from '@mnemon/core';
import type { AnyBulkWriteOperation, ClientSession, MongoClient } from 'mongodb';
import type { Collections } from './collections.ts';
import { commitRowId, toCommitRow } from './commit-row.ts';
import {
  type ConflictCountRow,
  type ConflictRow,
  closingOf,
  countsOf,
  toConflictRow,
} from './conflict-row.ts';
import { type EntryRow, entryRowId, toEntryRow } from './entry-row.ts';
import { takeImportStep } from './import-step.ts';
import { inboxRowId } from './inbox-row.ts';
import { type LockRow, lockRowId } from './lock-row.ts';
import { isConflict } from './mongo-failures.ts';

/**
 * One transaction, tried once: who meets a conflict has to decide anew. Two round trips and the commit; one more for
 * batches that waited, and one for all that is recorded of conflicts, and one
 * for locks that writes rely on. A new epoch and an import's step take one each.
 */
export async function appendInTransaction(
  client: MongoClient,
  collections: Collections,
  append: Append,
): Promise<'committed' | 'conflict'> {
  const session = client.startSession();
  try {
    session.startTransaction();
    if (!(await write(collections, append, session))) {
      await session.endSession(); // aborts
      return 'conflict';
    }
  } catch (error) {
    await session.endSession(); // aborts
    if (isConflict(error)) return 'conflict';
    throw error;
  }
  try {
    await session.commitTransaction();
    return 'committed';
  } catch (error) {
    return await resultOfCommit(collections, append, error);
  } finally {
    await session.endSession();
  }
}

/** False when a token is no longer its lock's newest, or a space no longer its import's. */
async function write(collections: Collections, append: Append, session: ClientSession): Promise<boolean> {
  const { events, entries, inbox, conflicts, locks, spaces } = collections;
  const { space, newEpoch, importId } = append;
  if (importId && !(await takeImportStep(collections, { space, importId }, session))) return false;
  const commits = append.commits.map(toCommitRow);
  if (commits.length > 0) await events.insertMany(commits, { session, ordered: true });
  const replacements = append.entries.map((version) => replacement(append, version));
  if (replacements.length > 0) await entries.bulkWrite(replacements, { session, ordered: true });
  const met = conflictWrites(append);
  if (met.length > 0) await conflicts.bulkWrite(met, { session, ordered: true });
  const settled = append.settled.map((mutation) => inboxRowId(append, mutation));
  if (settled.length > 0) await inbox.deleteMany({ _id: { $in: settled } }, { session });
  if (newEpoch) await spaces.updateOne({ _id: space }, { $set: { epoch: newEpoch } }, { session });
  const fences = fenceWrites(append);
  if (fences.length === 0) return true;
  const { matchedCount } = await locks.bulkWrite(fences, { session, ordered: true });
  return matchedCount === fences.length;
}

/**
 * I7: to look at a token would not be enough, for a transaction reads what was there when it began. A write collides with
 * whoever grants the lock anew, before or after. Each commit has a `seq` of its own, so it always changes something.
 */
const fenceWrites = ({ space, fences = [], commits }: Append): AnyBulkWriteOperation<LockRow>[] =>
  fences.map(({ lock, token }) => ({
    updateOne: {
      filter: { _id: lockRowId({ space, name: lock }), token },
      update: { $set: { guarded: commits[0]?.commit.seq ?? 0 } },
    },
  }));

// Replaces exactly the version that was loaded. With any other there, the upsert is an insert of an `_id` that exists,
// and aborts the transaction: one command guards new and old keys alike.
const replacement = (
  append: Append,
  { entry, loadedSeq }: Append['entries'][number],
): AnyBulkWriteOperation<EntryRow> => ({
  replaceOne: {
    filter: { _id: entryRowId(append, entry.key), seq: loadedSeq },
    replacement: toEntryRow(append, entry),
    upsert: true,
  },
});

/**
 * The records, what they add to the counts, and what is settled: one command, because they share a collection and all are
 * updates. (A record is new: its name is that of a commit that this transaction inserts.)
 */
function conflictWrites({ space, conflicts = [], closings = [] }: Append) {
  type Write = AnyBulkWriteOperation<ConflictRow | ConflictCountRow>;
  const records = conflicts
    .map(toConflictRow)
    .map(
      ({ _id, ...replacement }): Write => ({ replaceOne: { filter: { _id }, replacement, upsert: true } }),
    );
  const counts = countsOf(conflicts).map(
    ({ _id, count, ...name }): Write => ({
      updateOne: { filter: { _id }, update: { $inc: { count }, $setOnInsert: name }, upsert: true },
    }),
  );
  const settled = closings.map(
    ({ key, resolvedBy }): Write => ({
      updateMany: { filter: { space, key, status: 'open' }, update: { $set: closingOf(resolvedBy) } },
    }),
  );
  return [...settled, ...records, ...counts];
}

/**
 * The commit was asked for, and the answer was an error or none: it may have happened. The log tells, unless it says
 * nothing (yet); then nobody knows, and the batch is found, or not, when it is sent again (I6).
 */
async function resultOfCommit({ events }: Collections, append: Append, error: unknown) {
  const last = append.commits.at(-1);
  if (!last) throw error;
  const found = await events.findOne(
    { _id: commitRowId(append, last.commit.seq) },
    { projection: { hash: 1 } },
  );
  if (found) return found.hash === last.hash ? 'committed' : 'conflict';
  if (isConflict(error)) return 'conflict';
  throw new Unavailable('MongoDB', { cause: error });
}
