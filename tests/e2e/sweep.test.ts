import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('connections that vanish without a word, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, {
      heartbeatMs: 500,
      staleMs: 3_000,
      everyMs: { 'sweep-connections': 200 },
      gatewayFaults: { dropDisconnect: true },
    });
  });
  afterAll(() => cloud.close());

  test('are swept: their locks pass on, and the bus is told once', async () => {
    const space = cloud.newSpace();
    const lost = await cloud.connectRaw(space, 'lost');
    const payload = { do: 'acquire', name: 'lock', attempt: 'a', leaseMs: 120_000 } as const;
    const answer = await lost.ask({ type: 'lock', payload }, 'lock');
    expect(answer.payload).toMatchObject({ is: 'granted' });
    const live = await cloud.connect(space, 'live');
    const waiting = live.lock('lock', { leaseMs: 60_000, waitMs: 50_000 });
    await cloud.cut(space, 'lost');
    await (await waiting).release();
    const gone = { type: 'instance-gone', space, instanceId: 'lost' };
    await eventually(() => expect(cloud.notices(space)).toMatchObject([gone]));
    expect(
      (await cloud.storage.nodes.list(space)).map(({ instanceId, status }) => [instanceId, status]),
    ).toEqual(
      expect.arrayContaining([
        ['lost', 'offline'],
        ['live', 'online'],
      ]),
    );
    await live.close();
  });
});
