import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Credentials, requestSigner, type SignableRequest } from './request-signer.ts';

/** What the SDK sends anew with every request, whoever signs it. */
const service = 'execute-api';
const PER_REQUEST = 'amz-sdk-invocation-id';

let endpoint: string;
const received: IncomingHttpHeaders[] = [];
const server = createServer((request, response) => {
  received.push(request.headers);
  response.end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 6, 31, 23, 59, 58) }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  received.length = 0;
});

type Send = (client: ApiGatewayManagementApiClient) => Promise<unknown>;

/** The headers of one call as the SDK signs it and as we do. */
async function signedByBoth(credentials: Credentials, send: Send, region = 'eu-central-1') {
  const config: ApiGatewayManagementApiClientConfig = { endpoint, region, credentials, maxAttempts: 1 };
  await send(withFixedId({ ...config }));
  await send(
    withFixedId({
      ...config,
      signer: requestSigner({ credentials: async () => credentials, region, service }),
    }),
  );
  const [theirs, ours] = received.splice(0);
  return { theirs, ours };
}

function withFixedId(config: ApiGatewayManagementApiClientConfig): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient(config);
  client.middlewareStack.addRelativeTo(
    <Args, Output>(next: (args: Args) => Promise<Output>) =>
      (args: Args) => {
        (args as { request: SignableRequest }).request.headers[PER_REQUEST] = 'the same';
        return next(args);
      },
    { name: 'fixedId', relation: 'before', toMiddleware: 'httpSigningMiddleware' },
  );
  return client;
}

const longLived: Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRf' };
const ofRole: Credentials = { ...longLived, sessionToken: 'IQoJb3JpZ2luX2VjE//+=' };

const post =
  (ConnectionId: string, Data: string | Uint8Array): Send =>
  (client) =>
    client.send(new PostToConnectionCommand({ ConnectionId, Data }));

describe('signs as the SDK does', () => {
  test.each<[string, Credentials, Send]>([
    ['a text', longLived, post('L0SM9cOFvHcCIhw=', '{"type":"changes"}')],
    [
      'bytes, with the credentials of a role',
      ofRole,
      post('L0SM9cOFvHcCIhw=', new TextEncoder().encode('ü ✓')),
    ],
    ['a connection id with odd characters', ofRole, post("a/b+c d!'()*=ü", 'x')],
    ['an empty frame', longLived, post('L0SM9cOFvHcCIhw=', '')],
    [
      'a call without a body',
      ofRole,
      (client) => client.send(new DeleteConnectionCommand({ ConnectionId: 'a=' })),
    ],
  ])('%s', async (_, credentials, send) => {
    const { theirs, ours } = await signedByBoth(credentials, send);
    expect(ours?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260731\/eu-central-1\//);
    expect(ours).toEqual(theirs);
  });

  test('within a Lambda, where a trace header is added', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'ws');
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793');
    const { theirs, ours } = await signedByBoth(ofRole, post('a=', 'x'));
    expect(ours?.['x-amzn-trace-id']).toBeDefined();
    expect(ours).toEqual(theirs);
  });
});

test('one signer follows the day and the credentials', async () => {
  let credentials = longLived;
  const region = 'eu-central-1';
  const signer = requestSigner({ credentials: async () => credentials, region, service });
  const sendBothWays = async () => {
    const config = { endpoint, region, credentials, maxAttempts: 1 };
    await post('a=', 'x')(withFixedId(config));
    await post('a=', 'x')(withFixedId({ ...config, signer }));
  };
  await sendBothWays();
  vi.setSystemTime(Date.UTC(2026, 7, 1));
  await sendBothWays();
  credentials = { ...ofRole, secretAccessKey: 'another' };
  await sendBothWays();
  const signatures = received.map(({ authorization }) => authorization);
  expect(signatures.filter((_, n) => n % 2 === 1)).toEqual(signatures.filter((_, n) => n % 2 === 0));
  expect(new Set(signatures).size).toBe(3);
});
