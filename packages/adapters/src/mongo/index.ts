export { connectMongo, type Mongo, type MongoOptions } from './connect-mongo.ts';
export { MIGRATION_SOCKET_MS, migrate } from './migrate.ts';
export { mongoStorage } from './mongo-storage.ts';
export { requireTransactions } from './require-transactions.ts';
