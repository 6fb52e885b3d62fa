import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { createIndexes } from './create-indexes.ts';
import { isDuplicate, throwUnavailable } from './mongo-failures.ts';

/** Of what this code keeps, and how. Raised with what older data has to be brought to, or older code could not go on with. */
export const DATA_VERSION = 2;

/** For the client that migrates: an index over many rows takes minutes, and a function ends after 15. */
export const MIGRATION_SOCKET_MS = 14 * 60_000;

const ID = 'data';

/**
 * Makes a database what this code expects: its indexes, and its data of this version. Once it is, or while another does
 * the same, doing it again changes nothing. Throws when the data is of a newer code, and leaves it as it is.
 */
export async function migrate(db: Db): Promise<{ from: number; to: number }> {
  const versions = db.collection<{ _id: string; version: number }>('meta');
  const found = await versions.findOne({ _id: ID }).catch(throwUnavailable);
  const from = found?.version ?? 0;
  if (from > DATA_VERSION) {
    throw new Error(`the data is of version ${from} and this code of ${DATA_VERSION}: deploy the newer code`);
  }
  await createIndexes(db);
  // Rows of before connections had a time: presence is no memory, and who is there says so again.
  if (from === 0) {
    const { nodes } = collectionsOf(db);
    await nodes.deleteMany({ connectedAtMs: { $exists: false } }).catch(throwUnavailable);
  }
  const raise = () => versions.updateOne({ _id: ID }, { $max: { version: DATA_VERSION } }, { upsert: true });
  // Of two who insert it at once, one finds it there.
  await raise()
    .catch((error) => (isDuplicate(error) ? raise() : Promise.reject(error)))
    .catch(throwUnavailable);
  return { from, to: DATA_VERSION };
}
