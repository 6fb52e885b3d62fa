import { MemorySyncManager } from '@mnemon/client';
import type { SpaceId } from '@mnemon/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { type ManagerProcess, startManager } from './manager-process.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** What the system that Mnemon replaces claimed and did not do: here and in another process. */
describe.each(engines)('what the old API only claimed, on $name', ({ backends }) => {
  let cloud: TestCloud;
  let space: SpaceId;
  let here: MemorySyncManager;
  let there: ManagerProcess;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
    space = cloud.newSpace();
    there = await startManager(cloud.url, await cloud.issueToken({ space }), 'there');
  });
  afterAll(async () => {
    await there.shutdown();
    await cloud.close();
  });
  const connect = (workerId: string) =>
    MemorySyncManager.connect({ workerId, url: cloud.url, token: () => cloud.issueToken({ space }) });
  beforeEach(async () => {
    here = await connect('here');
  });
  afterEach(() => here.shutdown());

  test('reads before a flush answer what was written', async () => {
    const manager = new MemorySyncManager({
      workerId: 'offline',
      url: 'ws://127.0.0.1:1', // nobody there: nothing can have been flushed
      token: 'none',
    });
    await manager.write('flush/a', { n: 1 });
    expect(await manager.read('flush/a')).toEqual({ n: 1 });
    expect(manager.getMetrics().pendingWrites).toBe(1);
    await manager.shutdown();
    await here.write('flush/b', 2);
    expect(await here.read('flush/b')).toBe(2);
    await here.forceSync();
    expect(await there.call('read', 'flush/b')).toBe(2);
  });

  test('a lock is granted to one holder, and released by nobody else', async () => {
    const asked = Array.from({ length: 8 }, (_, i) =>
      i % 2 ? here.acquireTaskLock('locked') : there.call('acquireTaskLock', 'locked'),
    );
    const granted = await Promise.all(asked);
    expect(granted.filter(Boolean)).toHaveLength(1);
    const isHere = granted.findIndex(Boolean) % 2 === 1;
    const release = (byHere: boolean) =>
      byHere ? here.releaseTaskLock('locked') : there.call('releaseTaskLock', 'locked');
    const third = await connect('third');
    expect(await third.releaseTaskLock('locked')).toBe(false);
    expect(await release(!isHere)).toBe(false);
    expect(await third.acquireTaskLock('locked')).toBe(false);
    expect(await release(isHere)).toBe(true);
    expect(await third.acquireTaskLock('locked')).toBe(true);
    await third.shutdown();
  });

  test('patterns match', async () => {
    await here.write('glob/tasks/1/state', 'a');
    await here.write('glob/tasks/2/progress', 'b');
    await here.write('glob/high-priority-7', 'c');
    await here.forceSync();
    const matching = async (pattern: string) =>
      ((await there.call('searchKeys', pattern)) as string[]).map((key) =>
        key.replace('task-sentinel/glob/', ''),
      );
    expect(await matching('glob/tasks/*/state')).toEqual(['tasks/1/state']);
    expect(await matching('glob/high-priority-*')).toEqual(['high-priority-7']);
    expect(await matching('glob/tasks/*')).toEqual(['tasks/1/state', 'tasks/2/progress']);
    expect(await matching('task-sentinel/glob/**/progress')).toEqual(['tasks/2/progress']);
    expect(await matching('task-sentinel/*')).toEqual(expect.arrayContaining(['tasks/1/state']));
    expect(await matching('glob/tasks')).toEqual([]);
  });

  test('subscriptions see other processes', async () => {
    await there.call('subscribe', 'seen/*');
    await here.write('seen/deep/er', [1]);
    await eventually(() =>
      expect(there.heard).toContainEqual({ key: 'task-sentinel/seen/deep/er', value: [1] }),
    );
    const heard: unknown[] = [];
    const live = new Promise((resolve) => here.once('subscribed', resolve));
    here.subscribe('seen/*', { onChange: (key, value) => heard.push([key, value]) });
    await live;
    await there.call('write', 'seen/back', 2);
    await eventually(() => expect(heard).toEqual([['task-sentinel/seen/back', 2]]));
  });

  test('deleted keys stay deleted', async () => {
    await here.write('gone', 1, { durability: 'acked' });
    await eventually(async () => expect(await there.call('read', 'gone')).toBe(1));
    await cloud.cut(space, 'there'); // it does not hear of the deletion, and holds the old value
    await here.delete('gone', { durability: 'acked' });
    await there.call('write', 'unrelated', 1);
    await there.call('forceSync');
    await eventually(async () => expect(await there.call('read', 'gone')).toBeNull());
    expect(await here.read('gone')).toBeNull();
    const late = await connect('late');
    expect(await late.read('gone')).toBeNull();
    expect(await late.searchKeys('*')).not.toContain('task-sentinel/gone');
    await late.shutdown();
  });

  test('what has a TTL ends, for everybody', async () => {
    await here.write('brief', 1, { ttl: 3, durability: 'acked' });
    await here.write('long', 1, { durability: 'acked' });
    await eventually(async () => expect(await there.call('read', 'brief')).toBe(1));
    await eventually(async () =>
      expect([await here.read('brief'), await there.call('read', 'brief')]).toEqual([null, null]),
    );
    const [entry] = await here.memory.entries('task-sentinel/long');
    const lifeMs = (entry?.expiresAtMs ?? 0) - Date.now();
    expect(lifeMs, 'an hour, when nothing is said').toBeGreaterThan(3_500_000);
    expect(lifeMs).toBeLessThanOrEqual(3_600_000);
  });
});
