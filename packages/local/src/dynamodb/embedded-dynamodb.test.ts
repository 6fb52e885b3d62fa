import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from './embedded-dynamodb.ts';

vi.setConfig({ testTimeout: 30_000 });

let directory: string;
let running: EmbeddedDynamoDb[];
let clients: DynamoDBClient[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mnemon-dynamodb-'));
  [running, clients] = [[], []];
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await Promise.all(running.map((each) => each.close()));
  rmSync(directory, { recursive: true });
});

async function start(options: Parameters<typeof startEmbeddedDynamoDb>[0] = {}) {
  const dynamoDb = await startEmbeddedDynamoDb(options);
  running.push(dynamoDb);
  return dynamoDb;
}

function sdk({ endpoint }: EmbeddedDynamoDb) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  clients.push(client);
  return client;
}

const TableName = 'Connections';
const Key = { space: { S: 'user:ada' } };
const read = async (client: DynamoDBClient) =>
  (await client.send(new GetItemCommand({ TableName, Key }))).Item;

async function writeOne(client: DynamoDBClient) {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'space', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'space', AttributeType: 'S' }],
    }),
  );
  await client.send(new PutItemCommand({ TableName, Item: { ...Key, topic: { S: 'tasks' } } }));
}

test('in memory: tables are ready at once', async () => {
  const client = sdk(await start());
  await writeOne(client);
  expect(await read(client)).toEqual({ ...Key, topic: { S: 'tasks' } });
});

test('at a path: data survives a restart', async () => {
  const first = await start({ path: directory });
  await writeOne(sdk(first));
  await first.close();
  await expect(read(sdk(first))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await read(sdk(await start({ path: directory })))).toMatchObject({ topic: { S: 'tasks' } });
});

test('a crash inside is contained: same port, same data, one line in the log', async () => {
  const lines: string[] = [];
  const dynamoDb = await start({ path: directory, log: (line) => lines.push(line) });
  await writeOne(sdk(dynamoDb));
  await abortRequest(dynamoDb);
  await vi.waitFor(
    () => expect(lines).toEqual([expect.stringMatching(/crashed and starts again: aborted/)]),
    5000,
  );
  await vi.waitFor(
    async () => expect(await read(sdk(dynamoDb))).toMatchObject({ topic: { S: 'tasks' } }),
    15_000,
  );
});

/** dynalite throws, uncaught, when a client goes away in the middle of a request's body. */
async function abortRequest({ endpoint }: EmbeddedDynamoDb) {
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n{"T');
  await once(socket, 'data'); // 100 Continue: dynalite has the request
  socket.resetAndDestroy();
}

test('a path that cannot hold tables is a clear error', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, 'not a directory');
  await expect(start({ path: file })).rejects.toThrow(
    new RegExp(`The embedded DynamoDB could not start at ${file}: .*(Not a directory|exists)`, 'i'),
  );
});

test('a path that is in use is a clear error', async () => {
  await start({ path: directory });
  await expect(start({ path: directory })).rejects.toThrow(/could not start at .*lock/i);
});
