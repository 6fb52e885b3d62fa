import type { ClientId, InstanceId } from '@mnemon/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe.each(engines)('upkeep on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    const everyMs = {
      'snapshot-and-compact': 300,
      'clean-up': 1_000,
      'reclaim-leases': 1_000,
      heartbeat: 1_000,
    };
    cloud = await startTestCloud(backends, { everyMs });
  });
  afterAll(() => cloud.close());

  test('a space that has grown enough gets a snapshot by itself', async () => {
    const space = cloud.newSpace();
    const writer = await cloud.connect(space, 'writer');
    await writer.write('key', 0);
    await cloud.storage.spaces.setRetention(space, { logMs: 40 * DAY_MS, snapshotEveryCommits: 100 });
    for (let i = 1; i < 100; i++) await writer.write('key', i);
    await eventually(async () => {
      const [snapshot] = await cloud.storage.snapshots.list({ space, partition: 0 });
      expect(snapshot).toMatchObject({ seq: 100, counts: { entries: 1 } });
    });
    await writer.close();
  });

  test('a batch that a dead holder left behind is committed, though nobody writes any more', async () => {
    const space = cloud.newSpace();
    const reader = await cloud.connect(space, 'reader');
    const heard = new Promise((resolve) => reader.subscribe('key', resolve));
    await reader.entries();
    const at = { space, partition: 0 };
    await cloud.inbox.acquireLease(at, 'the dead', 500);
    const hlc = { wallMs: Date.now(), counter: 0 };
    await cloud.inbox.put(at, {
      batch: {
        client: 'gone' as ClientId,
        n: 1,
        ops: [{ op: 'put', key: 'key', value: 'left', seen: {}, hlc }],
      },
      caller: {
        space,
        instanceId: 'gone' as InstanceId,
        userId: 'gone',
        grants: [{ pattern: '**', access: 'write' }],
        tokenExpiresAtMs: Date.now() + DAY_MS,
      },
      requestId: 'request',
    });
    expect(await heard).toMatchObject({ key: 'key', value: 'left', author: 'gone' });
    await reader.close();
  });

  test('the bus is told how the backends are', async () => {
    const space = cloud.newSpace();
    const backend = { status: 'ok', latencyMs: expect.any(Number) };
    const backends = { mongodb: backend, dynamodb: backend, gateway: backend };
    await eventually(() =>
      expect(cloud.notices(space)).toContainEqual({
        type: 'health',
        atMs: expect.any(Number),
        backends: expect.objectContaining(backends),
      }),
    );
  });

  test('an instance that was silent for longer than anybody remembers is forgotten', async () => {
    const space = cloud.newSpace();
    const atMs = Date.now() - 40 * DAY_MS;
    await cloud.storage.nodes.put({
      space,
      instanceId: 'old' as InstanceId,
      userId: 'old',
      grants: [],
      status: 'offline',
      connectionId: 'old',
      connectedAtMs: atMs,
      lastSeenAtMs: atMs,
    });
    await eventually(async () => expect(await cloud.storage.nodes.list(space)).toEqual([]));
  });
});
