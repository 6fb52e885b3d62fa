import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Connections, Unavailable } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dynamoClient } from './dynamo-client.ts';
import { dynamoConnections } from './dynamo-connections.ts';

const NOW_MS = 1_750_000_000_000;
const SPACE = 'team' as SpaceId;
const REF = { space: SPACE, instanceId: 'worker-1' as InstanceId, connectionId: 'a=' };

/** A row as DynamoDB answers it. */
const ROW = {
  space: { S: SPACE },
  instanceId: { S: 'worker-1' },
  connectionId: { S: 'a=' },
  userId: { S: 'ada' },
  grants: { S: '[{"pattern":"**","access":"read"}]' },
  tokenExpiresAtMs: { N: '1750000001000' },
  connectedAtMs: { N: String(NOW_MS) },
  lastSeenAtMs: { N: String(NOW_MS) },
  ttl: { N: '1750086400' },
};

let server: Server;
let connections: Connections;
let answers: { status: number; body: object }[];
let requests: number;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  answers = [];
  requests = 0;
  server = createServer((request, response) => {
    request.resume();
    requests++;
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = dynamoClient({ region: 'us-east-1', endpoint });
  connections = dynamoConnections({ client, tableName: 'Connections', staleAfterMs: 60_000 });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stop();
});

function stop(): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

const refuse = (type: string, times: number) => {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' };
  answers = Array.from({ length: times }, () => ({ status: 400, body }));
};

const made = {
  ...REF,
  userId: 'ada',
  subscriptions: [],
  grants: [],
  tokenExpiresAtMs: NOW_MS,
  connectedAtMs: NOW_MS,
  lastSeenAtMs: NOW_MS,
};

const everyCall: [string, () => Promise<unknown>][] = [
  ['put', () => connections.put(made)],
  ['touch', () => connections.touch(REF, NOW_MS)],
  ['changeSubscriptions', () => connections.changeSubscriptions(REF, { add: ['a'] })],
  ['changeSubscriptions by nothing', () => connections.changeSubscriptions(REF, { add: [] })],
  ['remove', () => connections.remove(REF)],
  ['list', () => connections.list(SPACE, NOW_MS)],
];

describe.each(everyCall)('%s', (_, call) => {
  test('is Unavailable when DynamoDB cannot be reached', async () => {
    await stop();
    await expect(call()).rejects.toMatchObject({ name: 'Unavailable', backend: 'dynamodb' });
  });

  test.each(['ResourceNotFoundException', 'AccessDeniedException', 'ValidationException'])(
    'throws %s as it is, at once',
    async (type) => {
      refuse(type, 1);
      await expect(call()).rejects.toMatchObject({ name: type });
      expect(requests).toBe(1);
    },
  );
});

test('a call that is throttled three times is Unavailable, with its cause', async () => {
  refuse('ProvisionedThroughputExceededException', 3);
  const failure = await connections.list(SPACE, NOW_MS).catch((error: Unavailable) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  expect(failure).toMatchObject({ cause: { name: 'ProvisionedThroughputExceededException' } });
  expect(requests).toBe(3);
});

describe('rows that this version did not write', () => {
  const { grants: _, ...withoutGrants } = ROW;
  const strange = [
    withoutGrants,
    { ...ROW, grants: { S: 'no JSON' } },
    { ...ROW, grants: { S: '[{"pattern":"**","access":"root"}]' } },
    { ...ROW, lastSeenAtMs: { S: 'yesterday' } },
    { ...ROW, subscriptions: { NS: ['1'] } },
    { ...ROW, instanceId: { S: '__proto__' } },
  ];

  test('are not listed, and do not hide the others', async () => {
    answers = [{ status: 200, body: { Items: [...strange, ROW], Count: 7 } }];
    const listed = await connections.list(SPACE, NOW_MS);
    expect(listed).toEqual([
      {
        ...made,
        tokenExpiresAtMs: NOW_MS + 1000,
        grants: [{ pattern: '**', access: 'read' }],
      },
    ]);
  });

  test.each(strange)('are no connection to touch or to replace: %j', async (row) => {
    answers = Array(2).fill({ status: 200, body: { Attributes: row } });
    expect(await connections.touch(REF, NOW_MS)).toBeUndefined();
    expect(await connections.put(made)).toEqual({ current: true, row: made });
  });
});

test('a lost answer and its repetition do not make a connection replace itself', async () => {
  const failed = {
    __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
    message: 'no',
  };
  answers = [
    { status: 500, body: {} },
    { status: 400, body: failed },
    { status: 200, body: { Item: ROW } },
  ];
  expect(await connections.put(made)).toMatchObject({ current: true, row: { connectionId: 'a=' } });
  expect(requests).toBe(3);
});
