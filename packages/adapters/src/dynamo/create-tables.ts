import { CreateTableCommand, DescribeTableCommand, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { available } from './dynamo-failures.ts';

const POLL_MS = 50;

/** Makes what is missing and waits until it is there. For one machine and for tests: a deployment declares its own. */
export async function createTables(options: {
  client: DynamoDBDocumentClient;
  tableName: string;
}): Promise<void> {
  await available(createConnections(options));
}

async function createConnections({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient;
  tableName: string;
}): Promise<void> {
  const table = new CreateTableCommand({
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'space', KeyType: 'HASH' },
      { AttributeName: 'instanceId', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'space', AttributeType: 'S' },
      { AttributeName: 'instanceId', AttributeType: 'S' },
    ],
  });
  await client.send(table).catch((error) => {
    if (!(error instanceof ResourceInUseException)) throw error;
  });
  const describe = new DescribeTableCommand({ TableName: tableName });
  while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
