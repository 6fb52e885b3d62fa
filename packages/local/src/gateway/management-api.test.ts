import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway, until } from './gateway.fixture.ts';

let gateway: TestGateway;
const clients: ApiGatewayManagementApiClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await gateway.close();
});

function sdk(accessKeyId = 'local', endpoint = gateway.managementEndpoint) {
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

const post = (ConnectionId: string, Data: string, client = sdk()) =>
  client.send(new PostToConnectionCommand({ ConnectionId, Data }));

async function openOne() {
  const client = gateway.client({ headers: { 'User-Agent': 'mnemon-test' } });
  await client.opened;
  return { client, connectionId: gateway.connectionIds().at(-1) ?? '' };
}

describe('@connections, through the real SDK', () => {
  test('POST delivers a text frame', async () => {
    gateway = await startTestGateway();
    const { client, connectionId } = await openOne();
    const { $metadata } = await post(connectionId, 'grüße');
    expect($metadata.httpStatusCode).toBe(200);
    expect(await client.nextFrame()).toBe('grüße');
  });

  test('POST of 128 KB is delivered, one byte more is too large', async () => {
    gateway = await startTestGateway();
    const { client, connectionId } = await openOne();
    await post(connectionId, 'x'.repeat(128 * 1024));
    expect(await client.nextFrame()).toHaveLength(128 * 1024);
    const tooLarge = post(connectionId, 'x'.repeat(128 * 1024 + 1));
    await expect(tooLarge).rejects.toMatchObject({ name: 'PayloadTooLargeException' });
  });

  test('GET describes the connection', async () => {
    gateway = await startTestGateway();
    const { client, connectionId } = await openOne();
    const before = await sdk().send(new GetConnectionCommand({ ConnectionId: connectionId }));
    const { connectedAt } = gateway.eventOf('CONNECT').requestContext;
    expect(before.ConnectedAt?.getTime()).toBe(connectedAt);
    expect(before.Identity).toEqual({ SourceIp: '127.0.0.1', UserAgent: 'mnemon-test' });

    await until(() => expect(Date.now()).toBeGreaterThan(before.LastActiveAt?.getTime() ?? 0));
    client.socket.send('hello');
    await until(() => gateway.eventOf('MESSAGE'));
    const after = await sdk().send(new GetConnectionCommand({ ConnectionId: connectionId }));
    expect(after.LastActiveAt?.getTime()).toBeGreaterThan(before.LastActiveAt?.getTime() ?? 0);
  });

  test('DELETE closes the connection, which is gone from then on', async () => {
    gateway = await startTestGateway();
    const { client, connectionId } = await openOne();
    const { $metadata } = await sdk().send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
    expect($metadata.httpStatusCode).toBe(204);
    await expect(post(connectionId, 'x')).rejects.toMatchObject({ name: 'GoneException' });
    expect(await client.closed).toMatchObject({ code: 1000 });
    await until(() => gateway.eventOf('DISCONNECT'));
    expect(gateway.eventOf('DISCONNECT').requestContext.disconnectReason).toBe('Connection Closed Normally');
  });

  test('an unknown connection is gone, whatever is asked of it', async () => {
    gateway = await startTestGateway();
    const target = { ConnectionId: 'L0SM9cOFvHcCIhw=' };
    const gone = { name: 'GoneException', $metadata: { httpStatusCode: 410 } };
    await expect(post(target.ConnectionId, 'x')).rejects.toMatchObject(gone);
    await expect(sdk().send(new GetConnectionCommand(target))).rejects.toMatchObject(gone);
    await expect(sdk().send(new DeleteConnectionCommand(target))).rejects.toMatchObject(gone);
  });

  test('a connection inside its own $connect is gone, too', async () => {
    let posting: Promise<unknown> = Promise.resolve();
    gateway = await startTestGateway({}, async ({ requestContext }, running) => {
      if (requestContext.eventType !== 'CONNECT') return { statusCode: 200 };
      posting = post(requestContext.connectionId, 'early', sdk('local', running().managementEndpoint));
      await posting.catch(() => {});
      return { statusCode: 200 };
    });
    await gateway.client().opened;
    await expect(posting).rejects.toMatchObject({ name: 'GoneException' });
  });

  test('a malformed connection id and foreign credentials are refused', async () => {
    gateway = await startTestGateway();
    const { connectionId } = await openOne();
    await expect(post('no such form', 'x')).rejects.toMatchObject({
      name: 'BadRequestException',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(post(connectionId, 'x', sdk('locals'))).rejects.toMatchObject({
      name: 'ForbiddenException',
    });
    const unsigned = await fetch(
      `${gateway.managementEndpoint}/@connections/${encodeURIComponent(connectionId)}`,
    );
    expect(unsigned.status).toBe(403);
  });
});

test('a reader that is too slow is answered 429, and memory stays bounded', async () => {
  gateway = await startTestGateway({ limits: { bufferedBytes: 256 * 1024 } });
  const { client, connectionId } = await openOne();
  client.socket.pause();
  const frame = 'x'.repeat(128 * 1024);
  const poster = sdk();
  let refusal: unknown;
  // Loopback sockets take a few MB before anything is buffered here; 64 MB are far beyond that.
  for (let i = 0; i < 512 && !refusal; i++) {
    refusal = await post(connectionId, frame, poster).then(
      () => undefined,
      (error: unknown) => error,
    );
  }
  expect(refusal).toMatchObject({ name: 'LimitExceededException', $metadata: { httpStatusCode: 429 } });
  client.socket.terminate();
});

test('fault switches answer or lose chosen posts', async () => {
  gateway = await startTestGateway();
  const { client, connectionId } = await openOne();
  gateway.faults.onPost = (id, body) =>
    id === connectionId && (body === 'gone' || body === 'limit' || body === 'drop') ? body : undefined;
  await expect(post(connectionId, 'gone')).rejects.toMatchObject({ name: 'GoneException' });
  await expect(post(connectionId, 'limit')).rejects.toMatchObject({ name: 'LimitExceededException' });
  expect((await post(connectionId, 'drop')).$metadata.httpStatusCode).toBe(200);
  await post(connectionId, 'delivered');
  expect(await client.nextFrame()).toBe('delivered');
});
