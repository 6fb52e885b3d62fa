import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { createTables, dynamoClient } from '@mnemon/adapters/dynamo';
import dynalite from 'dynalite';
import { afterAll, beforeAll, describe } from 'vitest';
import { engineUrl } from '../engines.ts';

export interface TestTables {
  client: ReturnType<typeof dynamoClient>;
  names: { connections: string; tickets: string };
}

/** Declares tests on `dynalite`, and once more on a real DynamoDB if there is one; `tables` is for use within tests. */
export function onDynamoDb(declare: (name: string, tables: () => TestTables) => void): void {
  describe('dynalite', () => {
    const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    beforeAll(async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
    afterAll(async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    });
    const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    inOwnTables('dynalite', endpoint, declare);
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
