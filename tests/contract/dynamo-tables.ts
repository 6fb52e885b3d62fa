import { randomUUID } from 'node:crypto';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { createTables, dynamoClient } from '@mnemon/adapters/dynamo';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  type EmbeddedDynamoDb,
  startEmbeddedDynamoDb,
} from '../../packages/local/src/dynamodb/embedded-dynamodb.ts';
import { engineUrl } from '../engines.ts';

export interface TestTables {
  client: ReturnType<typeof dynamoClient>;
  names: { connections: string; tickets: string };
}

/** Declares tests on the embedded DynamoDB, and once more on a real one if there is one; `tables` is for use within tests. */
export function onDynamoDb(declare: (name: string, tables: () => TestTables) => void): void {
  describe('embedded DynamoDB', () => {
    let dynamoDb: EmbeddedDynamoDb;
    beforeAll(async () => {
      dynamoDb = await startEmbeddedDynamoDb();
    });
    afterAll(() => dynamoDb.close());
    inOwnTables('dynalite', () => dynamoDb.endpoint, declare);
  });

  const endpoint = engineUrl('DynamoDB');
  describe.skipIf(!endpoint)('DynamoDB', () => inOwnTables('DynamoDB', () => endpoint ?? '', declare));
}

/** Made twice over and removed afterwards. */
function inOwnTables(name: string, endpoint: () => string, declare: Parameters<typeof onDynamoDb>[0]): void {
  const id = `mnemon-test-${randomUUID()}`;
  const names = { connections: `${id}-connections`, tickets: `${id}-tickets` };
  let client: TestTables['client'];
  beforeAll(async () => {
    client = dynamoClient({ region: 'us-east-1', endpoint: endpoint() });
    await createTables(client, names);
    await createTables(client, names);
  });
  afterAll(async () => {
    for (const TableName of Object.values(names)) await client.send(new DeleteTableCommand({ TableName }));
    client.destroy();
  });
  declare(name, () => ({ client, names }));
}
