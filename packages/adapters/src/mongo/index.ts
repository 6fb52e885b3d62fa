export { connectMongo, type Mongo, type MongoOptions } from './connect-mongo.ts';
export { createIndexes } from './create-indexes.ts';
export { mongoEventLog } from './mongo-event-log.ts';
export { mongoInbox } from './mongo-inbox.ts';
export { mongoNodes } from './mongo-nodes.ts';
export { requireTransactions } from './require-transactions.ts';
