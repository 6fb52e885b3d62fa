import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { httpClient } from './http-client.ts';
import { startBus } from './mortal-bus.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('an event bus that goes down, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    const bus = await startBus();
    const urls = { ...backends, redisUrl: undefined, upstash: { url: bus.url, token: 'token' } };
    cloud = await startTestCloud(urls);
    await bus.die();
  });
  afterAll(() => cloud.close());

  test('costs no write anything, and every heartbeat says so, and the status', async () => {
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

    // Several environments answer these, also such as have published nothing.
    const raw = await cloud.connectRaw(space, 'raw');
    const ids = Array.from({ length: 20 }, () => raw.send({ type: 'heartbeat', payload: {} }));
    for (const id of ids) {
      const { payload } = await raw.next('heartbeat', (answer) => answer.id === id);
      expect(payload).toMatchObject({ degraded: ['bus'], head: { seq: [2] } });
    }
    expect(cloud.logged.join('\n')).toContain('event bus is down');
    raw.socket.close();

    const status = await (await httpClient(cloud, space, 'asker')).ask('/status');
    expect(await status.json()).toMatchObject({
      status: 'degraded',
      backends: { redis: { status: 'degraded' }, mongodb: { status: 'ok' } },
    });
    await Promise.all([writer.close(), reader.close()]);
  });
});
