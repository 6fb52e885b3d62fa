import { randomUUID } from 'node:crypto';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connectMongo, MIGRATION_SOCKET_MS, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import type { Append, EventLog, StoragePorts } from '@mnemon/core';
import type { Collection, Db, OptionalUnlessRequiredId } from 'mongodb';
import { collectionsOf } from '../../packages/adapters/src/mongo/collections.ts';
import { toCommitRow } from '../../packages/adapters/src/mongo/commit-row.ts';
import { entryRowId, toEntryRow } from '../../packages/adapters/src/mongo/entry-row.ts';

const ROWS_PER_INSERT = 5_000;

/** What a store is filled through: each entry once, in its last version. */
export type Filling = Pick<EventLog, 'open' | 'append'>;

export interface FilledStore {
  name: string;
  storage: StoragePorts;
  /** Where there is one: for a floor beside the figures. */
  db?: Db;
}

/** Fills and measures the embedded store, and MongoDB where `MONGODB_URL` is set. */
export async function onEachStore(
  fill: (filling: Filling) => Promise<void>,
  measure: (store: FilledStore) => Promise<void>,
): Promise<void> {
  await onEmbedded(fill, measure);
  const url = process.env.MONGODB_URL;
  if (!url) return console.log('MongoDB: skipped, MONGODB_URL is not set');
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}`, socketMs: MIGRATION_SOCKET_MS });
  const storage = mongoStorage(mongo);
  const rows = finishedRows(mongo.db);
  await fill({ open: storage.log.open, append: rows.append });
  await rows.flush();
  await migrate(mongo.db);
  await measure({ name: 'MongoDB', storage, db: mongo.db });
  await mongo.db.dropDatabase();
  await mongo.close();
}

async function onEmbedded(...[fill, measure]: Parameters<typeof onEachStore>): Promise<void> {
  const { close, ...storage } = embeddedStore();
  await fill(storage.log);
  await measure({ name: 'embedded', storage });
  await close();
}

/** Inserts rows as they are, before there are indexes: 100,000 take minutes on the path that writes take. */
function finishedRows(db: Db) {
  const { events, entries } = collectionsOf(db);
  const [commitRows, entryRows] = [inserting(events), inserting(entries)];
  return {
    async append(append: Append): Promise<'committed'> {
      await commitRows.add(append.commits.map(toCommitRow));
      await entryRows.add(
        append.entries.map(({ entry }) => ({
          _id: entryRowId(append, entry.key),
          ...toEntryRow(append, entry),
        })),
      );
      return 'committed';
    },
    async flush(): Promise<void> {
      await commitRows.flush();
      await entryRows.flush();
    },
  };
}

function inserting<Row extends { _id: string }>(collection: Collection<Row>) {
  let waiting: Row[] = [];
  async function flush(): Promise<void> {
    const rows = waiting as OptionalUnlessRequiredId<Row>[];
    waiting = [];
    if (rows.length > 0) await collection.insertMany(rows);
  }
  return {
    async add(rows: readonly Row[]): Promise<void> {
      waiting.push(...rows);
      if (waiting.length >= ROWS_PER_INSERT) await flush();
    },
    flush,
  };
}
