import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { Unavailable } from '@mnemon/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { apiGatewayFanout } from './api-gateway-fanout.ts';

interface Call {
  method: string | undefined;
  url: string | undefined;
  body: string;
  contentType: string | undefined;
}

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
let server: Server;
let endpoint: string;
let calls: Call[];
/** What the next calls are answered; then 200. `cut` ends the connection instead, `none` leaves it open. */
let answers: (number | 'cut' | 'none')[];
const logged: unknown[][] = [];
const log = { error: (...line: unknown[]) => logged.push(line) };

beforeEach(async () => {
  calls = [];
  answers = [];
  logged.length = 0;
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', '');
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stop();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method, url, headers } = request;
  calls.push({ method, url, body: Buffer.concat(chunks).toString(), contentType: headers['content-type'] });
  const status = answers.shift() ?? 200;
  if (status === 'cut') request.socket.destroy();
  else if (status !== 'none')
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(status < 300 ? '' : '{"message":"no"}');
}

function stop(): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

const makeFanout = () =>
  apiGatewayFanout({ api: { endpoint, region: 'eu-central-1' }, maxInFlight: 4, random: () => 0, log });
const post = (...frames: string[]) => makeFanout().post([{ connectionId: 'L0SM9cOFvHcCIhw=', frames }]);

test('makes the very call that the SDK makes', async () => {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    region: 'eu-central-1',
    credentials: CREDENTIALS,
  });
  const fanout = makeFanout();
  for (const connectionId of ['L0SM9cOFvHcCIhw=', "a/b+c d!'()*=ü"]) {
    await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'ü ✓' }));
    await fanout.post([{ connectionId, frames: ['ü ✓'] }]);
    const [theirs, ours] = calls.splice(0);
    expect(ours).toEqual(theirs);
  }
});

test.each([429, 500, 503, 'cut'] as const)('%s twice is tried again, and delivered', async (failure) => {
  answers = [failure, failure];
  expect(await post('a', 'b')).toEqual(['delivered']);
  expect(calls.map(({ body }) => body)).toEqual(['a', 'a', 'a', 'b']);
  expect(logged).toEqual([]);
});

test('four attempts are enough', async () => {
  answers = [429, 500, 'cut', 429];
  expect(await post('a', 'b')).toEqual(['failed']);
  expect(calls.map(({ body }) => body)).toEqual(['a', 'a', 'a', 'a']);
});

test.each([504, 'none'] as const)(
  'no answer (%s) is waited for once: others wait behind it',
  async (answer) => {
    answers = [answer];
    expect(await post('a', 'b')).toEqual(['failed']);
    expect(calls.map(({ body }) => body)).toEqual(['a']);
  },
);

test('410 is final', async () => {
  answers = [410];
  expect(await post('a', 'b')).toEqual(['gone']);
  expect(calls).toHaveLength(1);
  expect(logged).toEqual([]);
});

test.each([400, 413])('%s is a mistake of this side: logged, and not tried again', async (status) => {
  answers = [status];
  expect(await post('a', 'b')).toEqual(['failed']);
  expect(calls).toHaveLength(1);
  expect(logged).toEqual([[expect.stringContaining(String(status))]]);
});

test('403 is loud: nothing will be taken, so no more is tried', async () => {
  answers = Array(100).fill(403);
  const posts = Array.from({ length: 50 }, (_, n) => ({ connectionId: `${n}=`, frames: ['a'] }));
  await expect(makeFanout().post(posts)).rejects.toThrow(Unavailable);
  expect(calls.length).toBeLessThanOrEqual(4);
  expect(logged[0]?.[0]).toContain('may not call API Gateway');
});

test('without credentials nothing leaves, loudly', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('HOME', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  await expect(post('a')).rejects.toThrow(Unavailable);
  await expect(makeFanout().close('a=')).rejects.toThrow(Unavailable);
  expect(calls).toEqual([]);
});

test('an endpoint that is not there fails each recipient, and throws nothing', async () => {
  await stop();
  expect(await post('a')).toEqual(['failed']);
  await makeFanout().close('a=');
  expect(logged).toEqual([]);
});

test('a kept connection that the other side has closed meanwhile costs an attempt, not the frame', async () => {
  const fanout = makeFanout();
  const posts = [{ connectionId: 'a=', frames: ['a'] }];
  expect(await fanout.post(posts)).toEqual(['delivered']);
  server.closeAllConnections();
  expect(await fanout.post(posts)).toEqual(['delivered']);
});

test.each([204, 410])('close: %s is fine', async (status) => {
  answers = [status];
  await makeFanout().close('L0SM9cOFvHcCIhw=');
  expect(calls).toEqual([
    expect.objectContaining({ method: 'DELETE', url: '/live/@connections/L0SM9cOFvHcCIhw%3D' }),
  ]);
});

test('close is tried again when it is throttled, and loud when it is forbidden', async () => {
  answers = [429, 503, 204];
  await makeFanout().close('a=');
  expect(calls).toHaveLength(3);
  answers = [403];
  await expect(makeFanout().close('a=')).rejects.toThrow(Unavailable);
});
