import { randomUUID } from 'node:crypto';
import { Redis as UpstashRedis } from '@upstash/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUpstashRest, type UpstashRest } from './upstash-rest.ts';

const redisUrl = process.env.REDIS_URL ?? '';
if (!redisUrl) console.warn('upstash-rest.test.ts is skipped: REDIS_URL is not set');

describe.skipIf(!redisUrl)('Upstash REST, through the real client', () => {
  const token = 'local-token';
  const prefix = `upstash-rest-test:${randomUUID()}:`;
  let rest: UpstashRest;
  let upstash: UpstashRedis;

  beforeAll(async () => {
    rest = await startUpstashRest({ redisUrl, token });
    upstash = new UpstashRedis({ url: rest.url, token, enableTelemetry: false, retry: false });
  });
  afterAll(async () => {
    const keys = await upstash.keys(`${prefix}*`);
    if (keys.length > 0) await upstash.del(...keys);
    await rest.close();
  });

  const raw = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(rest.url + path, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });

  test.each(['plain', 'grüße 👋', '{"not":"parsed"}', 'OK', '', 'line\nbreak'])(
    '%j comes back as it was',
    async (value) => {
      const literal = new UpstashRedis({ url: rest.url, token, automaticDeserialization: false });
      expect(await literal.set(`${prefix}value`, value)).toBe('OK');
      expect(await literal.get(`${prefix}value`)).toBe(value);
    },
  );

  test('numbers, hashes, lists and what is missing have their shapes', async () => {
    expect(await upstash.incrby(`${prefix}n`, 42)).toBe(42);
    await upstash.hset(`${prefix}h`, { state: 'open', tries: 3 });
    expect(await upstash.hgetall(`${prefix}h`)).toEqual({ state: 'open', tries: 3 });
    await upstash.rpush(`${prefix}l`, 'OK', 'b');
    expect(await upstash.lrange(`${prefix}l`, 0, -1)).toEqual(['OK', 'b']);
    expect(await upstash.get(`${prefix}missing`)).toBeNull();
    expect(await upstash.eval('return {1, {"a", false}}', [], [])).toEqual([1, ['a', null]]);
  });

  test('subscribers of a channel and of a pattern receive what is published, until they leave', async () => {
    const channel = `${prefix}team:event:created`;
    const [one, many] = [upstash.subscribe(channel), upstash.psubscribe(`${prefix}*:event:*`)];
    const heard = [one, many].map(
      (each, index) => new Promise((resolve) => each.on(index === 0 ? 'message' : 'pmessage', resolve)),
    );
    await Promise.all([
      new Promise((resolve) => one.on('subscribe', resolve)),
      new Promise((resolve) => many.on('psubscribe', resolve)),
    ]);
    await upstash.publish(channel, { seq: 7, text: 'a, b\nc' });
    const message = { seq: 7, text: 'a, b\nc' };
    expect(await Promise.all(heard)).toEqual([
      { channel, message },
      { pattern: `${prefix}*:event:*`, channel, message },
    ]);
    await Promise.all([one.unsubscribe(), many.unsubscribe()]);
    await expect.poll(() => upstash.publish(channel, 'nobody hears')).toBe(0);
  });

  test('a stream asks for the token, too', async () => {
    const answer = await fetch(`${rest.url}/subscribe/x`, { headers: { authorization: 'Bearer guessed' } });
    expect(answer.status).toBe(401);
  });

  test('PUBLISH reaches a subscriber of the real Redis', async () => {
    const subscriber = new Redis(redisUrl);
    const received = new Promise((resolve) => subscriber.on('message', (...message) => resolve(message)));
    await subscriber.subscribe(`${prefix}events`);
    expect(await upstash.publish(`${prefix}events`, '{"seq":7}')).toBe(1);
    expect(await received).toEqual([`${prefix}events`, '{"seq":7}']);
    subscriber.disconnect();
  });

  test('a pipeline answers each command, failures included', async () => {
    const commands = [
      ['SET', `${prefix}p`, 'x'],
      ['INCR', `${prefix}p`],
      ['GET', `${prefix}p`],
    ];
    const response = await raw('/pipeline', JSON.stringify(commands));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([
      { result: 'OK' },
      { error: 'ERR value is not an integer or out of range' },
      { result: 'x' },
    ]);
    expect(await upstash.pipeline().set(`${prefix}p`, 'y').get(`${prefix}p`).exec()).toEqual(['OK', 'y']);
  });

  test('a transaction is applied in one step, or not at all', async () => {
    const counts = Array.from({ length: 20 }, () =>
      upstash.multi().incr(`${prefix}a`).incr(`${prefix}a`).exec<[number, number]>(),
    );
    for (const [first, second] of await Promise.all(counts)) expect(second).toBe(first + 1);

    const broken = await raw(
      '/multi-exec',
      JSON.stringify([['SET', `${prefix}never`, '1'], ['NOSUCHCOMMAND']]),
    );
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error: expect.stringMatching(/^ERR unknown command/) });
    expect(await upstash.exists(`${prefix}never`)).toBe(0);
  });

  test('an error is a 400 that keeps the words of Redis', async () => {
    const response = await raw('/', '["INCR"]');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "ERR wrong number of arguments for 'incr' command" });
    await expect(upstash.eval('return nonsense(', [], [])).rejects.toThrow(/ERR Error compiling script/);
  });

  test.each([
    ['not JSON', '/', 'GET x', 400],
    ['an empty command', '/', '[]', 400],
    ['an argument that is no scalar', '/', '["GET", {}]', 400],
    ['a pipeline that is no list', '/pipeline', '{}', 400],
    ['a command that would take the connection over', '/', '["SUBSCRIBE", "x"]', 400],
    ['a command that would block it', '/', '["xread", "BLOCK", "0", "STREAMS", "x", "0"]', 400],
    ['an unknown path', '/nowhere', '["PING"]', 404],
    ['a body over 1 MB', '/', JSON.stringify(['SET', 'x', 'x'.repeat(1024 * 1024)]), 413],
  ])('%s is refused', async (_, path, body, status) => {
    const response = await raw(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^ERR /) });
  });

  test.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer other' }],
  ])('%s is a 401', async (_, headers) => {
    const response = await fetch(rest.url, { method: 'POST', body: '["PING"]', headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: 'Unauthorized' });
  });

  test('base64 is used only where it is asked for', async () => {
    await upstash.set(`${prefix}b`, 'value');
    const command = JSON.stringify(['GET', `${prefix}b`]);
    expect(await (await raw('/', command)).json()).toEqual({ result: 'value' });
    const encoded = await raw('/', command, { 'upstash-encoding': 'base64' });
    expect(await encoded.json()).toEqual({ result: 'dmFsdWU=' });
  });
});

test('a Redis that cannot be reached is an error at the start', async () => {
  await expect(startUpstashRest({ redisUrl: 'redis://127.0.0.1:1', token: 'x' })).rejects.toThrow(
    /closed|refused/i,
  );
});
