import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Commit } from '@mnemon/core';
import type { EventType } from '@mnemon/protocol';
import { afterEach, expect, test } from 'vitest';
import { type UpstashEventBusOptions, upstashEventBus } from './upstash-event-bus.ts';

const TOKEN = 'secret-token';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A REST endpoint that answers as it is told, and a bus that uses it. */
async function busAgainst(answer: RequestListener, options: Partial<UpstashEventBusOptions> = {}) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const warnings: string[] = [];
  const log = { warn: (line: string) => warnings.push(line) };
  const bus = upstashEventBus({
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    prefix: 'p',
    log,
    ...options,
  });
  return { bus, warnings, server };
}

const published: RequestListener = (_, response) => response.end('[{"result":0}]');

function commit(seq: number, ...types: EventType[]): Commit {
  const events = types.map((type) => ({ type, key: 'a/b', value: 'what was written ü' }));
  return { space: 'team', partition: 0, seq, epoch: 'e', events } as unknown as Commit;
}

test('a publish is one request, a commit one PUBLISH, nothing is nothing', async () => {
  const requests: { url: string | undefined; authorization: string | undefined; body: unknown }[] = [];
  const { bus } = await busAgainst((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      requests.push({ url: request.url, authorization: request.headers.authorization, body });
      response.end('[{"result":0}]');
    });
  });
  const [one, two, three] = [commit(1, 'created'), commit(2, 'deleted'), commit(3, 'created', 'deleted')];
  await bus.publish([one]);
  await bus.publish([two, three]);
  await bus.publish([]);
  const authorization = `Bearer ${TOKEN}`;
  expect(requests).toEqual([
    { url: '/pipeline', authorization, body: [['publish', 'p:team:event:created', JSON.stringify(one)]] },
    {
      url: '/pipeline',
      authorization,
      body: [
        ['publish', 'p:team:event:deleted', JSON.stringify(two)],
        ['publish', 'p:team:event:mixed', JSON.stringify(three)],
      ],
    },
  ]);
});

test('a bus that is down is asked once a publish, and says so once; then that it is back', async () => {
  let requests = 0;
  let broken = true;
  const { bus, warnings } = await busAgainst((request, response) => {
    requests++;
    if (!broken) return published(request, response);
    response.statusCode = 500;
    response.end('{"error":"ERR out of order"}');
  });
  for (const seq of [1, 2, 3]) await bus.publish([commit(seq, 'created')]);
  expect(await bus.isDown()).toBe(true);
  expect(requests).toBe(3);
  broken = false;
  for (const seq of [4, 5]) await bus.publish([commit(seq, 'created')]);
  expect(await bus.isDown()).toBe(false);
  expect(warnings).toEqual([
    'the event bus is down, writes go on without it: ERR out of order',
    'the event bus is back',
  ]);
});

test('is asked when nothing was published for a minute, whoever published before, and no more often', async () => {
  let nowMs = 0;
  let broken = true;
  const asked: string[] = [];
  const { bus } = await busAgainst(
    (request, response) => {
      asked.push(request.url ?? '');
      if (broken) request.socket.destroy();
      else response.end(request.url === '/' ? '{"result":"PONG"}' : '[{"result":0}]');
    },
    { now: () => nowMs, log: { warn: () => {} } },
  );
  const isDownAt = async (ms: number) => {
    nowMs = ms;
    return bus.isDown();
  };
  expect([await isDownAt(0), await isDownAt(60_000)]).toEqual([true, true]);
  broken = false;
  expect([await isDownAt(60_000), await isDownAt(60_001), await isDownAt(120_001)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(asked).toEqual(['/', '/']);
  await bus.publish([commit(1, 'created')]);
  broken = true;
  expect([await isDownAt(180_001), await isDownAt(180_002)]).toEqual([false, true]);
  expect(asked).toEqual(['/', '/', '/pipeline', '/']);
});

test('one refused command of a pipeline is a failure', async () => {
  const { bus, warnings } = await busAgainst((_, response) =>
    response.end('[{"result":0},{"error":"ERR no"}]'),
  );
  await bus.publish([commit(1, 'created'), commit(2, 'created')]);
  expect(await bus.isDown()).toBe(true);
  expect(warnings[0]).toContain('ERR no');
});

test('an endpoint that never answers is given up', async () => {
  const { bus, warnings } = await busAgainst(() => {}, { timeoutMs: 50 });
  await bus.publish([commit(1, 'created')]);
  expect(await bus.isDown()).toBe(true);
  expect(warnings[0]).toContain('timeout');
});

test('nobody listening, a page instead of JSON and a cut connection are failures, not errors', async () => {
  const { bus: refusing, server } = await busAgainst(published);
  await new Promise((resolve) => server.close(resolve));
  const { bus: page } = await busAgainst((_, response) => response.end('<html>'));
  const { bus: cut } = await busAgainst((request) => request.socket.destroy());
  for (const bus of [refusing, page, cut]) {
    await bus.publish([commit(1, 'created')]);
    expect(await bus.isDown()).toBe(true);
  }
});

test('neither the token nor what was written is logged', async () => {
  const { bus, warnings } = await busAgainst((_, response) => {
    response.statusCode = 400;
    response.end('{"error":"ERR bad"}');
  });
  await bus.publish([commit(1, 'created')]);
  await bus.publish([commit(2, 'created'), commit(3, 'created')]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).not.toMatch(/secret-token|what was written/);
});
