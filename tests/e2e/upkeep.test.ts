import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe.each(engines)('upkeep on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends, { everyMs: { 'snapshot-and-compact': 300 } });
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
});
