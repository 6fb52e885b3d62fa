import {
  CreateTableCommand,
  DescribeTableCommand,
  type KeySchemaElement,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { available } from './dynamo-failures.ts';

const POLL_MS = 50;

export interface TableNames {
  connections: string;
  tickets: string;
}

/** Makes what is missing and waits until it is there. For one machine and for tests: a deployment declares its own. */
export async function createTables(client: DynamoDBDocumentClient, names: TableNames): Promise<void> {
  const tables = [
    createTable(client, names.connections, [
      { AttributeName: 'space', KeyType: 'HASH' },
      { AttributeName: 'instanceId', KeyType: 'RANGE' },
    ]),
    createTable(client, names.tickets, [{ AttributeName: 'name', KeyType: 'HASH' }]),
  ];
  await available(Promise.all(tables));
}

async function createTable(
  client: DynamoDBDocumentClient,
  tableName: string,
  key: KeySchemaElement[],
): Promise<void> {
  const table = new CreateTableCommand({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: key,
    AttributeDefinitions: key.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
  });
  await client.send(table).catch((error) => {
    if (!(error instanceof ResourceInUseException)) throw error;
  });
  const describe = new DescribeTableCommand({ TableName: tableName });
  while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
