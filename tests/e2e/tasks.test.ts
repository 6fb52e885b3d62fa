import { isClaimLost, isForbidden, type Mnemon } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines.ts';
import { eventually } from './eventually.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

describe.each(engines)('the task queue, on $name', ({ backends }) => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test('a failed task is tried again, and given up in the end', async () => {
    const worker = await cloud.connect(cloud.newSpace(), 'worker');
    const { created, task } = await worker.tasks.enqueue('job', { id: 'a', maxAttempts: 2 });
    expect({ created, state: task.state }).toEqual({ created: true, state: 'pending' });
    expect((await worker.tasks.enqueue('another', { id: 'a' })).created).toBe(false);
    const first = (await worker.tasks.claim()) as NonNullable<Awaited<ReturnType<Mnemon['tasks']['claim']>>>;
    expect(await worker.tasks.extend(first, { leaseMs: 60_000 })).toMatchObject({ state: 'claimed' });
    expect(await worker.tasks.fail(first, new Error('no'))).toMatchObject({ state: 'pending', error: 'no' });
    await eventually(async () => {
      const second = await worker.tasks.claim();
      expect(second).toBeDefined();
      if (second)
        expect(await worker.tasks.fail(second, 'never')).toMatchObject({ state: 'dead', error: 'never' });
    });
    await expect(worker.tasks.complete(first)).rejects.toSatisfy(isClaimLost);
    await worker.close();
  });

  test('who waits for a task is told when there is one; the lists show what is left to do', async () => {
    const space = cloud.newSpace();
    const [boss, worker] = [await cloud.connect(space, 'boss'), await cloud.connect(space, 'worker')];
    const waiting = worker.tasks.claim({ waitMs: 60_000 });
    await worker.tasks.count(); // its question is on its way before
    const enqueuedAt = Date.now();
    await boss.tasks.enqueue('job', { id: 'a' });
    expect((await waiting)?.id).toBe('a');
    expect(Date.now() - enqueuedAt, 'before it would have asked again').toBeLessThan(8_000);
    await boss.tasks.enqueue('job', { id: 'b' });
    const { pending, processing } = await boss.tasks.unfinished();
    expect([pending, processing].map((tasks) => tasks.map(({ id }) => id))).toEqual([['b'], ['a']]);
    expect((await boss.tasks.list({ state: 'done' })).tasks).toEqual([]);
    expect(await worker.tasks.claim({ waitMs: 60_000 })).toMatchObject({ id: 'b' });
    expect(await worker.tasks.claim({ waitMs: 200 })).toBeUndefined();
    const ended = worker.tasks.claim({ waitMs: 60_000 });
    await Promise.all([boss.close(), worker.close()]);
    await expect(ended).rejects.toThrow('closed');
  });

  test('what a token does not grant is neither claimed nor shown', async () => {
    const space = cloud.newSpace();
    const boss = await cloud.connect(space, 'boss');
    await boss.tasks.enqueue('secret', { id: 'boss/1', priority: 9 });
    await boss.tasks.enqueue('mail', { id: 'mail/1' });
    const guest = await cloud.connect(space, 'guest', {
      grants: [
        { pattern: 'tasks/mail/*', access: 'write' },
        { pattern: 'tasks/seen/*', access: 'read' },
      ],
    });
    expect((await guest.tasks.claim())?.id).toBe('mail/1');
    expect(await guest.tasks.claim()).toBeUndefined();
    await expect(guest.tasks.get('boss/1')).rejects.toSatisfy(isForbidden);
    await expect(guest.tasks.enqueue(1, { id: 'seen/1' })).rejects.toSatisfy(isForbidden);
    await expect(guest.tasks.count()).rejects.toSatisfy(isForbidden);
    await Promise.all([boss.close(), guest.close()]);
  });
});
