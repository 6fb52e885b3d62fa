import { randomUUID } from 'node:crypto';
import { connectMongo, type Mongo, type MongoOptions, migrate } from '@mnemon/adapters/mongo';
import { afterAll, beforeAll } from 'vitest';
import { engineUrl } from './engines.ts';

type Options = Pick<MongoOptions, 'maxPoolSize'> & { migrated?: boolean };

/** A database of its own on the engine, as a deployment leaves it unless `migrated` is false. `close` drops it. */
export async function openTestMongo({ migrated = true, ...options }: Options = {}): Promise<Mongo> {
  const url = engineUrl('MongoDB') as string;
  const { db, close } = connectMongo({ url, dbName: `mnemon_test_${randomUUID()}`, ...options });
  if (migrated) await migrate(db);
  return {
    db,
    close: async () => {
      await db.dropDatabase();
      await close();
    },
  };
}

/** One for all tests of the `describe` that this is called in. */
export function useTestMongo(options?: Options): Pick<Mongo, 'db'> {
  let mongo: Mongo | undefined;
  beforeAll(async () => {
    mongo = await openTestMongo(options);
  });
  afterAll(() => mongo?.close());
  return {
    get db() {
      if (!mongo) throw new Error('the database is there once tests run');
      return mongo.db;
    },
  };
}
