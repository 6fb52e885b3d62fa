export { connectMongo, type Mongo, type MongoOptions } from './connect-mongo.ts';
export { createIndexes } from './create-indexes.ts';
export { mongoStorage } from './mongo-storage.ts';
export { requireTransactions } from './require-transactions.ts';
