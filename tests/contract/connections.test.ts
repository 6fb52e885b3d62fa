import { randomUUID } from 'node:crypto';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { createTables, dynamoClient, dynamoConnections } from '@mnemon/adapters/dynamo';
import { memoryConnections } from '@mnemon/adapters/memory';
import { connectionsContract } from '@mnemon/testing/contracts/connections-contract';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  type EmbeddedDynamoDb,
  startEmbeddedDynamoDb,
} from '../../packages/local/src/dynamodb/embedded-dynamodb.ts';
import { engineUrl } from '../engines.ts';

connectionsContract('memory', memoryConnections, { many: 5_000 });

describe('embedded DynamoDB', () => {
  let dynamoDb: EmbeddedDynamoDb;
  beforeAll(async () => {
    dynamoDb = await startEmbeddedDynamoDb();
  });
  afterAll(() => dynamoDb.close());
  dynamoContract('dynalite', () => dynamoDb.endpoint);
});

const endpoint = engineUrl('DynamoDB');
describe.skipIf(!endpoint)('DynamoDB', () => dynamoContract('DynamoDB', () => endpoint ?? ''));

/** In a table of its own, made twice over and removed afterwards. */
function dynamoContract(name: string, endpointNow: () => string): void {
  const tableName = `mnemon-test-${randomUUID()}`;
  let client: ReturnType<typeof dynamoClient>;
  beforeAll(async () => {
    client = dynamoClient({ region: 'us-east-1', endpoint: endpointNow() });
    await createTables({ client, tableName });
    await createTables({ client, tableName });
  });
  afterAll(async () => {
    await client.send(new DeleteTableCommand({ TableName: tableName }));
    client.destroy();
  });
  connectionsContract(name, ({ staleAfterMs }) => dynamoConnections({ client, tableName, staleAfterMs }), {
    many: 1_500,
  });
}
