import { request } from 'node:http';
import { connect } from '@mnemon/client';
import { PROTOCOL_VERSION, type SpaceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { httpClient } from './http-client.ts';
import { openRaw } from './raw-client.ts';
import { batchOf, put } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** The status that a WebSocket handshake is answered with. */
const handshake = (cloud: TestCloud, query: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(`${cloud.url.replace('ws:', 'http:')}?${query}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asked.on('error', reject);
    asked.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    asked.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.end();
  });

describe.each(engines)('who gets in, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    const settings = {
      CONNECTS_PER_MINUTE: '5',
      TICKETS_PER_MINUTE: '3',
      WRITES_PER_SECOND: '1',
      CONNECTIONS_PER_TOKEN: '2',
    };
    cloud = await startTestCloud(backends, { settings });
  });
  afterAll(() => cloud.close());

  const ticketOf = async (space: SpaceId) => {
    const answer = await (await httpClient(cloud, space, 'ann')).ask('/tickets', { method: 'POST' });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { ticket: string }).ticket;
  };

  test('a ticket lets in once, and as nobody else', async () => {
    const space = cloud.newSpace();
    const [first, second] = [await ticketOf(space), await ticketOf(space)];
    expect(await handshake(cloud, `ticket=${first}`)).toBe(101);
    expect(await handshake(cloud, `ticket=${first}`), 'used').toBe(401);
    expect(await handshake(cloud, `ticket=${second}&instance=ben`), 'of another instance').toBe(401);
    expect(await handshake(cloud, 'ticket=made-up')).toBe(401);
    const audited = cloud.logged.filter((line) => line.includes('"audit":true'));
    expect(audited.length).toBeGreaterThanOrEqual(3);
    for (const each of [first, second]) expect(audited.join()).not.toContain(each);
  });

  test('the client takes a ticket in place of a token', async () => {
    const token = async () => ({ ticket: await ticketOf(cloud.newSpace()) });
    const ann = await connect({ url: cloud.url, token, instanceId: 'ann' });
    expect(await ann.write('by', 'ticket')).toMatchObject({ version: 1 });
    await ann.close();
  });

  test('a token opens so many connections at once, and no more', async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const greet = async (instanceId: string) => {
      const client = await openRaw({ url: cloud.url, token, instanceId });
      const payload = { protocolVersion: PROTOCOL_VERSION, subscriptions: [] };
      const id = client.send({ type: 'connect', payload });
      await expect
        .poll(() => client.frames.find((frame) => frame.id === id), { timeout: 10_000 })
        .toBeDefined();
      return client.frames.find((frame) => frame.id === id);
    };
    expect((await greet('i1'))?.type).toBe('connected');
    expect((await greet('i2'))?.type).toBe('connected');
    expect(await greet('i3')).toMatchObject({ type: 'error', payload: { code: 'rate-limited' } });
    const rows = await cloud.connections.list(space, Date.now());
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  test('too many tickets, connects and writes are refused, of this user and of this space only', async () => {
    const space = cloud.newSpace();
    for (let i = 0; i < 3; i++) await ticketOf(space);
    const http = await httpClient(cloud, space, 'ann');
    const refused = await http.ask('/tickets', { method: 'POST' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'rate-limited', retryAfterMs: expect.any(Number) });

    const headers = { authorization: `Bearer ${await cloud.issueToken({ space })}` };
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push(await handshake(cloud, `instance=i${i}`, headers));
    expect(statuses).toEqual([101, 101, 101, 101, 101, 429, 429]);

    const other = await cloud.connectRaw(cloud.newSpace(), 'ann');
    for (let n = 1; n <= 6; n++) other.send({ type: 'write', payload: batchOf([put('a', n)]) });
    const error = await other.next('error');
    expect(error.payload).toMatchObject({ code: 'rate-limited', retryAfterMs: expect.any(Number) });
    other.socket.close();
  });
});
