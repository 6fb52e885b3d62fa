import { PROTOCOL_VERSION } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const isWrite = (body: string): boolean => body.includes('"type":"write"');

describe.each(engines)('an instance that comes back, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test.each(['arrives', 'is acked'])(
    'a connection that is cut before the batch %s: it is applied once',
    async (when) => {
      const space = cloud.newSpace();
      const [writer, observer] = await Promise.all([
        cloud.connect(space, 'writer'),
        cloud.connect(space, 'observer'),
      ]);
      await Promise.all([writer.entries(), observer.entries()]);
      let cuts = 0;
      cloud.gateway.faults.onMessage = (body, connectionId) => {
        if (!isWrite(body) || cuts++ > 0) return undefined;
        cloud.gateway.cut(connectionId);
        return { copies: when === 'arrives' ? 0 : 1 };
      };
      // The first answer is lost, to whichever connection of the writer it went: it has to ask again (I6).
      cloud.gateway.faults.onPost = (_, body) => (cuts < 2 && body.includes('"acks":') ? 'drop' : undefined);
      const written = await Promise.all([writer.write('a', 1), writer.write('b', 2)]);
      expect(written).toMatchObject([{ version: 1 }, { version: 1 }]);
      expect(cuts).toBeGreaterThan(1);
      expect(writer.status).toMatchObject({ reconnects: 1, pendingOps: 0 });

      const events = (await cloud.commits(space)).flatMap(({ commit }) => commit.events);
      expect(
        events.map(({ key }) => key),
        'each once',
      ).toEqual(['a', 'b']);
      await eventually(async () => {
        expect(await observer.entries()).toHaveLength(2);
        expect(await writer.entries()).toEqual(await observer.entries());
      });
      cloud.gateway.faults.onMessage = () => undefined;
      cloud.gateway.faults.onPost = () => undefined;
      await Promise.all([writer.close(), observer.close()]);
    },
  );

  test('a connect that is processed after that of the next connection is refused, and the next one lives on', async () => {
    const space = cloud.newSpace();
    const former = await cloud.openRaw(space, 'twice');
    let letThrough = () => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    let frames = 0;
    cloud.gateway.faults.onMessage = async () => {
      if (frames++ === 0) await held;
      return undefined;
    };
    const payload = { protocolVersion: PROTOCOL_VERSION, subscriptions: ['**'] };
    const late = former.send({ type: 'connect', payload });
    const next = await cloud.connectRaw(space, 'twice');
    letThrough();
    expect(await former.next('error')).toMatchObject({ id: late, payload: { code: 'replaced' } });
    await former.closed;
    await next.ask({ type: 'heartbeat', payload: {} }, 'heartbeat');
    expect(next.frames.map(({ type }) => type)).toEqual(['connected', 'heartbeat']);
    cloud.gateway.faults.onMessage = () => undefined;
    next.socket.close();
  });

  test('what is written while the connection is away is sent when it is back, and what was missed is there', async () => {
    const space = cloud.newSpace();
    const [away, other] = await Promise.all([cloud.connect(space, 'away'), cloud.connect(space, 'other')]);
    await Promise.all([away.entries(), other.entries()]);
    const heard: string[] = [];
    away.subscribe('**', ({ key, own }) => heard.push(`${key}${own ? ' (own)' : ''}`));

    const gone = new Promise<void>((resolve) => {
      away.onStatus(({ state }) => {
        if (state !== 'live') resolve();
      });
    });
    await cloud.cut(space, 'away');
    await gone;
    const written = away.write('mine', 1);
    await other.write('missed', 2);
    expect(await away.read('mine'), 'I9').toBe(1);
    expect(await written).toMatchObject({ version: 1 });
    await eventually(() => expect(new Set(heard)).toEqual(new Set(['missed', 'mine (own)'])));
    expect(heard).toHaveLength(2);
    expect(away.status.reloads, 'caught up from the log').toBe(0);
    await Promise.all([away.close(), other.close()]);
  });

  test('a restarted one with its old id goes on counting, and its earlier writes count as seen', async () => {
    const space = cloud.newSpace();
    const first = await cloud.connect(space, 'worker');
    await first.write('state', 'one');
    await first.write('state', 'two');
    await first.close();

    const second = await cloud.connect(space, 'worker');
    expect(await second.write('state', 'three'), 'without having read').toEqual({
      key: 'state',
      version: 3,
      merged: false,
    });
    const [entry] = await second.entries();
    expect(entry).toMatchObject({ value: 'three', clock: { worker: 3 } });

    const other = await cloud.connect(space, 'other');
    expect(await other.write('state', 'blind'), 'of another that has not read').toMatchObject({
      merged: true,
    });
    await Promise.all([second.close(), other.close()]);
  });

  test('a second connection of its id replaces the first, which is told so and stays away', async () => {
    const space = cloud.newSpace();
    const first = await cloud.connect(space, 'worker');
    await first.write('a', 1);
    const replaced = new Promise<void>((resolve) => {
      first.onStatus(({ state }) => {
        if (state === 'closed') resolve();
      });
    });
    const before = await cloud.connectionId(space, 'worker');
    const second = await cloud.connect(space, 'worker');
    await replaced;
    await expect(first.write('a', 2)).rejects.toMatchObject({ code: 'replaced' });
    expect(await second.write('a', 3)).toMatchObject({ version: 2 });

    await eventually(() => expect(cloud.gateway.connectionIds()).not.toContain(before));
    const now = await cloud.connectionId(space, 'worker');
    expect(now, "the first one's $disconnect does not take the second one's row").not.toBe(before);
    expect(first.status.state).toBe('closed');
    expect(second.status).toMatchObject({ state: 'live', reconnects: 0 });
    await Promise.all([first.close(), second.close()]);
  });
});
