import { type Db, MongoClient } from 'mongodb';

/** An environment handles one event at a time, and no event asks more than a handful of questions at once. */
export const POOL_SIZE = 8;

export interface MongoOptions {
  url: string;
  dbName?: string | undefined;
  maxPoolSize?: number;
  /** After which a command counts as failed. Building an index is one, too. */
  socketMs?: number;
}

export interface Mongo {
  db: Db;
  close(): Promise<void>;
}

const SERVER_SELECTION_MS = 3_000;
const SOCKET_MS = 10_000;
const IDLE_MS = 60_000;

/**
 * One client for all adapters of an environment. Connects when it is first used, not before. What is acked is on a
 * majority of the replica set (I1), and only that is ever read: what a failed primary takes back was seen by nobody (I3).
 */
export function connectMongo({
  url,
  dbName = 'mnemon',
  maxPoolSize = POOL_SIZE,
  socketMs = SOCKET_MS,
}: MongoOptions): Mongo {
  const client = new MongoClient(url, {
    appName: 'mnemon',
    maxPoolSize,
    maxIdleTimeMS: IDLE_MS,
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
    connectTimeoutMS: SERVER_SELECTION_MS,
    socketTimeoutMS: socketMs,
    waitQueueTimeoutMS: SOCKET_MS,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    retryReads: true,
    retryWrites: true,
  });
  return { db: client.db(dbName), close: () => client.close() };
}
