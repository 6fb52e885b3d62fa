import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badFrames } from './bad-frames.ts';
import { engines } from './engines.ts';
import { batchOf, put, writeRaw } from './raw-writes.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('bad input, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  /** Nothing of it reached the log, and the same connection writes on. */
  async function expectUnharmed(
    space: ReturnType<TestCloud['newSpace']>,
    raw: Awaited<ReturnType<TestCloud['connectRaw']>>,
  ) {
    expect(await cloud.commits(space), 'the log').toEqual([]);
    const ack = await writeRaw(raw, batchOf([put('good', 1)]));
    expect(ack.outcomes).toEqual([{ status: 'applied', version: 1 }]);
    expect(await cloud.verify(space)).toMatchObject({ intact: true, end: { seq: 1 } });
    raw.socket.close();
  }

  test.each(badFrames.map((frame) => [frame.what, frame] as const))('%s', async (_, { text, code, id }) => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'stranger');
    raw.sendText(text);
    const { payload } = await raw.next('error', (frame) => frame.id === id);
    expect(payload.code).toBe(code);
    await expectUnharmed(space, raw);
  });

  test.each(['heartbeat', 'subscribe', 'unsubscribe', 'catch-up'] as const)(
    '%s before connect',
    async (type) => {
      const space = cloud.newSpace();
      const raw = await cloud.openRaw(space, 'stranger');
      const payload = type.endsWith('subscribe') ? { patterns: ['**'] } : {};
      const { payload: error } = await raw.ask({ type, payload } as never, 'error');
      expect(error.code).toBe('not-connected');
      await expectUnharmed(space, raw);
    },
  );

  test('connect twice on one connection is answered twice and replaces nobody', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'stranger');
    const { payload } = await raw.ask(
      { type: 'connect', payload: { protocolVersion: 1, subscriptions: ['**'] } },
      'connected',
    );
    expect(payload).toMatchObject({ space, instanceId: 'stranger' });
    await expectUnharmed(space, raw);
  });

  test('another protocol version is refused and ends the connection', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.openRaw(space, 'stranger');
    const { payload } = await raw.ask(
      { type: 'connect', payload: { protocolVersion: 99, subscriptions: ['**'] } },
      'error',
    );
    expect(payload.code).toBe('unsupported-version');
    await raw.closed;
    await expectUnharmed(space, await cloud.connectRaw(space, 'stranger'));
  });

  test('a message over 128 KB ends the connection with 1009, nothing of it is looked at', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'stranger');
    raw.sendText('x'.repeat(128 * 1024 + 1));
    expect(await raw.closed).toMatchObject({ code: 1009 });
    await expectUnharmed(space, await cloud.connectRaw(space, 'stranger'));
  });

  test('a single frame over 32 KB ends the connection with 1009', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'stranger');
    raw.socket.send('x'.repeat(32 * 1024 + 1));
    expect(await raw.closed).toMatchObject({ code: 1009 });
    await expectUnharmed(space, await cloud.connectRaw(space, 'stranger'));
  });

  test('a binary message ends the connection with 1003', async () => {
    const space = cloud.newSpace();
    const raw = await cloud.connectRaw(space, 'stranger');
    raw.socket.send(Buffer.from(JSON.stringify({ type: 'ping', id: '1', timestamp: 1, payload: {} })));
    expect(await raw.closed).toMatchObject({ code: 1003 });
    await expectUnharmed(space, await cloud.connectRaw(space, 'stranger'));
  });
});
