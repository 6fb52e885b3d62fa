import { afterEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway, until } from './gateway.fixture.ts';
import type { HttpEvent } from './http-events.ts';

let gateway: TestGateway | undefined;
afterEach(() => gateway?.close());

async function start(respond: (event: HttpEvent) => unknown, httpIntegrationTimeoutMs = 5_000) {
  const events: HttpEvent[] = [];
  gateway = await startTestGateway({
    limits: { httpIntegrationTimeoutMs, httpBodyBytes: 1_000 },
    invokeHttp: async (event) => {
      events.push(event);
      return respond(event);
    },
  });
  const { httpUrl } = gateway;
  return { events, ask: (path: string, init?: RequestInit) => fetch(`${httpUrl}${path}`, init) };
}

const OK = { statusCode: 200 };

describe('an HTTP request becomes an event', () => {
  test('of payload format 2.0', async () => {
    const { ask, events } = await start(() => OK);
    await ask('/a/b?x=1&x=2&y=%2F', {
      method: 'PUT',
      headers: { 'X-Some': 'Thing', cookie: 'a=1; b=2', 'content-type': 'application/json' },
      body: '{"ä":1}',
    });
    expect(events).toMatchObject([
      {
        version: '2.0',
        routeKey: '$default',
        rawPath: '/a/b',
        rawQueryString: 'x=1&x=2&y=%2F',
        queryStringParameters: { x: '1,2', y: '/' },
        cookies: ['a=1', 'b=2'],
        headers: { 'x-some': 'Thing', 'content-type': 'application/json' },
        requestContext: { http: { method: 'PUT', path: '/a/b', sourceIp: '127.0.0.1' }, stage: '$default' },
        body: '{"ä":1}',
        isBase64Encoded: false,
      },
    ]);
    expect(events[0]?.headers).not.toHaveProperty('cookie');
  });

  test('whose path is decoded, and ends at what then looks like a query', async () => {
    const { ask, events } = await start(() => OK);
    await ask('/a%20b/%C3%A4%3Fc/d');
    expect(events[0]?.rawPath).toBe('/a b/ä');
    expect(events[0]).not.toHaveProperty('body');
    expect(events[0]).not.toHaveProperty('queryStringParameters');
  });

  test('whose body is base64 when it is no text', async () => {
    const { ask, events } = await start(() => OK);
    await ask('/', { method: 'POST', body: new Uint8Array([0, 255]) });
    expect(events[0]).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  });
});

describe('the answer', () => {
  test('is what the function says', async () => {
    const { ask } = await start(() => ({
      statusCode: 201,
      headers: { 'x-a': 'b' },
      cookies: ['a=1', 'b=2'],
      body: 'AP8=',
      isBase64Encoded: true,
    }));
    const answer = await ask('/');
    expect([answer.status, answer.headers.get('x-a'), answer.headers.getSetCookie()]).toEqual([
      201,
      'b',
      ['a=1', 'b=2'],
    ]);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255]);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('a secret')), 500],
    ['answers nonsense', () => 'nonsense', 500],
    ['does not answer', () => new Promise(() => {}), 503],
  ])('of a function that %s is %#', async (_, respond, status) => {
    const { ask } = await start(respond, 100);
    const answer = await ask('/');
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('secret');
  });

  test('to a body that is too large does not bother the function', async () => {
    const { ask, events } = await start(() => OK);
    expect((await ask('/', { method: 'POST', body: 'x'.repeat(1_001) })).status).toBe(413);
    expect(events).toEqual([]);
  });
});

test('posts to connections are not for the HTTP API', async () => {
  const { ask, events } = await start(() => OK);
  expect((await ask('/local/@connections/abc', { method: 'POST' })).status).toBe(403);
  expect(events).toEqual([]);
});

test("below another path than the stage's, nobody posts to connections", async () => {
  const { ask, events } = await start(() => ({ statusCode: 404 }));
  const { client, connectionIds } = gateway as TestGateway;
  const { opened, socket } = client();
  await opened;
  const [id = ''] = connectionIds();
  const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=local/any, SignedHeaders=any, Signature=any' };
  const frames: unknown[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  for (const path of ['', '/elsewhere', '/LOCAL', '/local/more']) {
    const url = `${path}/@connections/${encodeURIComponent(id)}`;
    expect((await ask(url, { method: 'POST', headers: signed, body: path })).status).toBe(404);
  }
  const headers = { ...signed, 'content-type': 'text/plain' };
  const url = `/local/@connections/${encodeURIComponent(id)}`;
  expect((await ask(url, { method: 'POST', headers, body: 'a post' })).status).toBe(200);
  await until(() => expect(frames).toEqual(['a post']));
  expect(events).toHaveLength(4);
});
