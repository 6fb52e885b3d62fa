import { dynamoTickets } from '@mnemon/adapters/dynamo';
import { memoryTickets } from '@mnemon/adapters/memory';
import { ticketsContract } from '@mnemon/testing/contracts/tickets-contract';
import { onDynamoDb } from './dynamo-tables.ts';

ticketsContract('memory', memoryTickets);

onDynamoDb((name, tables) =>
  ticketsContract(name, () => dynamoTickets({ client: tables().client, tableName: tables().names.tickets })),
);
