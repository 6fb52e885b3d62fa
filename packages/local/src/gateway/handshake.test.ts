import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startTestGateway, type TestGateway, until } from './gateway.fixture.ts';
import type { AuthorizerEvent } from './websocket-events.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const allow = (context?: object) => async (event: AuthorizerEvent) => ({
  principalId: 'ada',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
  },
  context,
});

describe('the authorizer', () => {
  test('is asked once, with what AWS tells a REQUEST authorizer', async () => {
    const asked: AuthorizerEvent[] = [];
    const authorize = (event: AuthorizerEvent) => {
      asked.push(event);
      return allow()(event);
    };
    gateway = await startTestGateway({ authorize });
    const client = gateway.client({
      path: '?token=a%20b&tag=1&tag=2',
      headers: { 'X-Team': 'red' },
    });
    await client.opened;
    client.socket.send('hello');
    await until(() => gateway.eventOf('MESSAGE'));

    expect(asked).toHaveLength(1);
    const { connectionId } = gateway.eventOf('CONNECT').requestContext;
    expect(asked[0]).toMatchObject({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:us-east-1:000000000000:local/local/$connect',
      headers: { 'X-Team': 'red', Host: `127.0.0.1:${gateway.port}`, 'X-Forwarded-For': '127.0.0.1' },
      multiValueHeaders: { 'X-Team': ['red'] },
      queryStringParameters: { token: 'a b', tag: '2' },
      multiValueQueryStringParameters: { token: ['a b'], tag: ['1', '2'] },
      stageVariables: {},
      requestContext: {
        ...{ routeKey: '$connect', eventType: 'CONNECT', connectionId, messageDirection: 'IN' },
        ...{ stage: 'local', identity: { sourceIp: '127.0.0.1' } },
      },
    });
    expect(asked[0]?.requestContext.requestTime).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]{8} \+0000$/);
    expect(connectionId).toMatch(/^[\w-]{15}=$/);
  });

  test('gives its context, as strings, to all events', async () => {
    gateway = await startTestGateway({ authorize: allow({ userId: 'ada', level: 7, admin: false }) });
    const client = gateway.client();
    await client.opened;
    client.socket.send('hello');
    await until(() => gateway.eventOf('MESSAGE'));
    client.socket.close();
    await until(() => gateway.eventOf('DISCONNECT'));

    expect(gateway.events).toHaveLength(3);
    for (const { requestContext } of gateway.events) {
      const { integrationLatency, ...context } = requestContext.authorizer ?? {};
      expect(context).toEqual({ userId: 'ada', level: '7', admin: 'false', principalId: 'ada' });
      expect(integrationLatency).toBeTypeOf('number');
    }
  });

  const deny = async (event: AuthorizerEvent) => {
    const answer = await allow()(event);
    const all = { Action: '*', Effect: 'Deny', Resource: '*' };
    return { ...answer, policyDocument: { Statement: [...answer.policyDocument.Statement, all] } };
  };
  const elsewhere = (event: AuthorizerEvent) =>
    allow()({ ...event, methodArn: event.methodArn.replace('local/$connect', 'prod/*') });
  const throwing = (message: string) => async () => {
    throw new Error(message);
  };

  test.each([
    ['Unauthorized', throwing('Unauthorized'), 401],
    ['a Deny beside an Allow', deny, 403],
    ['an Allow for another stage', elsewhere, 403],
    ['any other error', throwing('database down'), 500],
    ['no policy at all', async () => ({ principalId: 'ada' }), 500],
    ['a context that holds an object', allow({ grants: { read: true } }), 500],
    ['no answer in time', () => new Promise(() => {}), 500],
  ])('%s refuses the upgrade', async (_, authorize, status) => {
    gateway = await startTestGateway({ authorize, limits: { integrationTimeoutMs: 50 } });
    await expect(gateway.client().opened).rejects.toThrow(`HTTP ${status}`);
    expect(gateway.events).toEqual([]);
  });

  test('is not even asked when an identity source is missing', async () => {
    const authorize = vi.fn(allow());
    const identitySources = ['route.request.header.authorization', 'route.request.querystring.ticket'];
    gateway = await startTestGateway({ authorize, identitySources });
    const headers = { Authorization: 'Bearer x' };
    await expect(gateway.client({ headers }).opened).rejects.toThrow('HTTP 401');
    expect(authorize).not.toHaveBeenCalled();
    await gateway.client({ headers, path: '?ticket=1' }).opened;
  });
});

describe('the $connect route', () => {
  test.each([
    ['403', () => ({ statusCode: 403 }), 403],
    ['503', () => ({ statusCode: 503 }), 503],
    ['nothing', () => undefined, 502],
    ['with an error', () => Promise.reject(new Error('boom')), 502],
    ['too late', () => new Promise(() => {}), 504],
  ])('answering %s refuses the upgrade', async (_, answer, status) => {
    gateway = await startTestGateway({ limits: { integrationTimeoutMs: 50 } }, answer);
    await expect(gateway.client().opened).rejects.toThrow(`HTTP ${status}`);
    expect(gateway.connectionCount()).toBe(0);
  });

  test('agrees on a subprotocol by echoing it', async () => {
    const headers = { 'sec-websocket-protocol': 'mnemon' };
    gateway = await startTestGateway({}, () => ({ statusCode: 200, headers }));
    const client = gateway.client({ protocols: ['other', 'mnemon'] });
    await client.opened;
    expect(client.socket.protocol).toBe('mnemon');
  });

  test('fails a client whose subprotocol it does not echo', async () => {
    gateway = await startTestGateway();
    const client = gateway.client({ protocols: ['mnemon'] });
    await expect(client.opened).rejects.toThrow('Server sent no subprotocol');
  });

  test('carries the connect details, and no message id', async () => {
    gateway = await startTestGateway();
    await gateway.client({ path: '?a=1' }).opened;
    const { requestContext, ...details } = gateway.eventOf('CONNECT');
    expect(details).toMatchObject({ queryStringParameters: { a: '1' }, isBase64Encoded: false });
    expect(details.headers).toHaveProperty('Sec-WebSocket-Key');
    expect(requestContext).not.toHaveProperty('messageId');
    expect(requestContext).not.toHaveProperty('disconnectStatusCode');
  });

  test('is told of the end when its client gave up meanwhile', async () => {
    let answer = (_: object) => {};
    const later = new Promise((resolve) => (answer = resolve));
    gateway = await startTestGateway({}, () => later);
    const client = gateway.client();
    await until(() => gateway.eventOf('CONNECT'));
    client.socket.terminate();
    await client.closed;
    answer({ statusCode: 200 });
    await until(() => gateway.eventOf('DISCONNECT'));
    expect(gateway.eventOf('DISCONNECT').requestContext.disconnectStatusCode).toBe(1006);
  });
});

test('more connects per second than allowed are refused', async () => {
  gateway = await startTestGateway({ limits: { connectsPerSecond: 1 } });
  const outcomes = await Promise.allSettled([gateway.client().opened, gateway.client().opened]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: 'HTTP 429' },
  });
});

test('an upgrade request that is no WebSocket handshake is refused', async () => {
  gateway = await startTestGateway();
  const socket = connectTcp(gateway.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  expect(gateway.events).toEqual([]);
});

describe('the address', () => {
  const statusOf = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`);
      socket.on('error', reject);
      socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode));
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
    });

  test.each(['', '/', '/local', '/local/', '?a=1', '/?a=1', '/local?a=/other'])(
    '"%s" is the stage',
    async (path) => {
      gateway = await startTestGateway();
      expect(await statusOf(path)).toBe(101);
    },
  );

  test.each(['/other', '/locally', '/local/more', '/Local', '//local'])(
    '%s is none of the API: the authorizer is not asked',
    async (path) => {
      const authorize = vi.fn(allow());
      gateway = await startTestGateway({ authorize });
      expect(await statusOf(path)).toBe(403);
      expect(authorize).not.toHaveBeenCalled();
      expect(gateway.events).toEqual([]);
    },
  );
});
