import { setTimeout as passed } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway, until } from './gateway.fixture.ts';
import type { WebsocketEvent } from './websocket-events.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const ok = { statusCode: 200 };
const isMessage = (event: WebsocketEvent) => event.requestContext.eventType === 'MESSAGE';
const bodies = () => gateway.events.filter(isMessage).map(({ body }) => body);

async function open() {
  const client = gateway.client();
  await client.opened;
  return client;
}

describe('events', () => {
  test('a message has an id and a body, but no connect details', async () => {
    gateway = await startTestGateway();
    const client = await open();
    client.socket.send('{"type":"ping"}');
    await until(() => gateway.eventOf('MESSAGE'));
    const { requestContext, ...rest } = gateway.eventOf('MESSAGE');
    expect(rest).toEqual({ body: '{"type":"ping"}', isBase64Encoded: false });
    expect(requestContext).toMatchObject({ routeKey: '$default', connectionId: gateway.connectionIds()[0] });
    expect(requestContext.messageId).toMatch(/=$/);
    expect(requestContext).not.toHaveProperty('disconnectReason');
  });

  test.each([
    ['a code and a reason', (socket: WebSocketLike) => socket.close(4001, 'bye'), 4001, 'bye'],
    ['no code', (socket: WebSocketLike) => socket.close(), 1005, 'Client-side close frame status not set'],
    ['no close frame', (socket: WebSocketLike) => socket.terminate(), 1006, ''],
  ])('a disconnect with %s says so', async (_, close, code, reason) => {
    gateway = await startTestGateway();
    close((await open()).socket);
    await until(() => gateway.eventOf('DISCONNECT'));
    const { requestContext, headers } = gateway.eventOf('DISCONNECT');
    expect(requestContext).toMatchObject({ routeKey: '$disconnect', disconnectStatusCode: code });
    expect(requestContext).toMatchObject({ disconnectReason: reason });
    expect(requestContext).not.toHaveProperty('messageId');
    expect(headers).not.toHaveProperty('Sec-WebSocket-Key');
    expect(gateway.connectionCount()).toBe(0);
  });

  test('messages of one connection are handled at the same time', async () => {
    let release = () => {};
    const second = new Promise<void>((resolve) => (release = resolve));
    gateway = await startTestGateway({}, async ({ body }) => {
      if (body === 'first') await second;
      if (body === 'second') release();
      return body === 'first' ? undefined : ok; // the malformed answer shows that the first one got this far
    });
    const client = await open();
    client.socket.send('first');
    client.socket.send('second');
    expect(await client.nextFrame()).toContain('Internal server error');
  });
});

interface WebSocketLike {
  close(code?: number, reason?: string): void;
  terminate(): void;
}

describe('a message whose integration fails', () => {
  test.each([
    ['throws', () => Promise.reject(new Error('boom'))],
    ['answers nothing', () => undefined],
    ['answers too late', () => new Promise(() => {})],
  ])('(%s) is answered with an error frame, and the connection stays', async (_, fail) => {
    const respond = (event: WebsocketEvent) => (event.body === 'bad' ? fail() : ok);
    gateway = await startTestGateway({ limits: { integrationTimeoutMs: 50 } }, respond);
    const client = await open();
    client.socket.send('bad');
    const { connectionId, requestId } = (await until(() => gateway.eventOf('MESSAGE'))).requestContext;
    expect(JSON.parse(await client.nextFrame())).toEqual({
      message: 'Internal server error',
      connectionId,
      requestId,
    });
    client.socket.send('good');
    await until(() => expect(bodies()).toEqual(['bad', 'good']));
  });
});

describe('limits', () => {
  const kilobytes = (count: number) => 'x'.repeat(count * 1024);

  test('a message of 128 KB in frames of 32 KB passes', async () => {
    gateway = await startTestGateway();
    const { socket } = await open();
    for (const fin of [false, false, false, true]) socket.send(kilobytes(32), { fin });
    await until(() => expect(bodies()).toEqual([kilobytes(128)]));
  });

  test.each([
    ['a frame over 32 KB', [`${kilobytes(32)}x`], 1009],
    ['a message over 128 KB', [kilobytes(32), kilobytes(32), kilobytes(32), kilobytes(32), 'x'], 1009],
    ['a binary message', [Buffer.from('x')], 1003],
  ])('%s closes the connection', async (_, parts, code) => {
    gateway = await startTestGateway();
    const client = await open();
    parts.forEach((part, i) => {
      client.socket.send(part, { fin: i === parts.length - 1 });
    });
    expect(await client.closed).toMatchObject({ code });
    await until(() => gateway.eventOf('DISCONNECT'));
    expect(gateway.eventOf('DISCONNECT').requestContext.disconnectStatusCode).toBe(code);
    expect(bodies()).toEqual([]);
  });

  test('an idle connection is closed, counted from its last message', async () => {
    let lastMessageAt = 0;
    gateway = await startTestGateway({ limits: { idleMs: 400 } }, (event) => {
      if (isMessage(event)) lastMessageAt = Date.now();
      return ok;
    });
    const client = await open();
    await passed(60);
    client.socket.send('still here');
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(Date.now() - lastMessageAt).toBeGreaterThanOrEqual(399);
  });

  test('no connection outlives its life time', async () => {
    gateway = await startTestGateway({ limits: { connectionLifeMs: 60 } });
    const client = await open();
    const busy = setInterval(() => client.socket.send('busy'), 10);
    expect(await client.closed).toMatchObject({ code: 1001 });
    clearInterval(busy);
  });
});

describe('faults', () => {
  test('drop $disconnect, for all or for one', async () => {
    gateway = await startTestGateway();
    const [first, second] = [await open(), await open()];
    const [firstId = '', secondId = ''] = gateway.connectionIds();
    gateway.faults.dropDisconnect = (connectionId) => connectionId === firstId;
    first.socket.terminate();
    await until(() => expect(gateway.connectionIds()).toEqual([secondId]));
    second.socket.terminate();
    await until(() => gateway.eventOf('DISCONNECT'));
    expect(gateway.eventOf('DISCONNECT').requestContext.connectionId).toBe(secondId);
  });

  test('repeat, lose, delay and hold back messages', async () => {
    let release = (_: undefined) => {};
    const held = new Promise<undefined>((resolve) => (release = resolve));
    gateway = await startTestGateway();
    gateway.faults.onMessage = (body) =>
      ({ twice: { copies: 2 }, never: { copies: 0 }, held, late: { delayMs: 5 } })[body];
    const { socket } = await open();
    for (const body of ['held', 'late', 'never', 'twice', 'plain']) socket.send(body);
    await until(() => expect(bodies()).toEqual(['twice', 'twice', 'plain', 'late']));
    release(undefined);
    await until(() => expect(bodies().at(-1)).toBe('held'));
  });

  test('cut a connection without a close frame', async () => {
    gateway = await startTestGateway();
    const client = await open();
    const [connectionId = ''] = gateway.connectionIds();
    expect(gateway.cut(connectionId)).toBe(true);
    expect(await client.closed).toMatchObject({ code: 1006 });
    await until(() => gateway.eventOf('DISCONNECT'));
    expect(gateway.cut(connectionId)).toBe(false);
  });
});

test('closing says 1001 to everybody, runs their $disconnect and frees the port', async () => {
  gateway = await startTestGateway();
  const clients = [await open(), await open()];
  await gateway.close();
  for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
  expect(gateway.events.filter((event) => event.requestContext.eventType === 'DISCONNECT')).toHaveLength(2);
  const { port } = gateway;
  gateway = await startTestGateway({ port });
  expect(gateway.port).toBe(port);
});

test('closing does not wait for a handshake that never ends', async () => {
  gateway = await startTestGateway({}, () => new Promise(() => {}));
  const client = gateway.client();
  await until(() => gateway.eventOf('CONNECT'));
  await gateway.close();
  await expect(client.opened).rejects.toThrow('socket hang up');
});
