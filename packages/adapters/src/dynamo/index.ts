export { createTables, type TableNames } from './create-tables.ts';
export { type DynamoClientOptions, dynamoClient } from './dynamo-client.ts';
export { type DynamoConnectionsOptions, dynamoConnections } from './dynamo-connections.ts';
export { dynamoTickets } from './dynamo-tickets.ts';
