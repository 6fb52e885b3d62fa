import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(engines)('an event bus that is down, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    const upstash = { url: `http://127.0.0.1:${await closedPort()}`, token: 'token' };
    const urls = { ...backends, redisUrl: undefined, upstash };
    // One environment, for each knows only of its own attempts.
    cloud = await startTestCloud(urls, { maxConcurrency: 1 });
  });
  afterAll(() => cloud.close());

  test('costs no write anything, and every heartbeat says so', async () => {
    const space = cloud.newSpace();
    const [writer, reader] = await Promise.all([
      cloud.connect(space, 'writer'),
      cloud.connect(space, 'reader'),
    ]);
    await reader.entries();
    const heard = new Promise((resolve) => reader.subscribe('a', resolve));
    expect(await writer.write('a', 1)).toMatchObject({ version: 1 });
    expect(await heard).toMatchObject({ key: 'a', value: 1 });
    expect(await writer.write('a', 2)).toMatchObject({ version: 2 });

    const raw = await cloud.connectRaw(space, 'raw');
    const { payload } = await raw.ask({ type: 'heartbeat', payload: {} }, 'heartbeat');
    expect(payload).toMatchObject({ degraded: ['bus'], head: { seq: [2] } });
    expect(cloud.logged.filter((line) => line.includes('event bus is down'))).toHaveLength(1);
    raw.socket.close();
    await Promise.all([writer.close(), reader.close()]);
  });
});
