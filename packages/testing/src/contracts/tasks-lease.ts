import type { Tasks } from '@mnemon/core';
import { describe, expect, test, vi } from 'vitest';
import { LONG, type NewQueue, SHORT, task, WAIT, worker } from './queued-tasks.ts';

export function leaseTests(tasks: () => Tasks, newQueue: NewQueue): void {
  describe('lease', () => {
    test('a task whose lease has ended comes back; its late worker can do nothing to it', async () => {
      const space = await newQueue();
      const at = { space, id: 'a' };
      await tasks().enqueue(space, task('a'));
      const [dead, next] = [worker('dead'), worker('next')];
      await tasks().claim(space, dead, SHORT);
      const claimed = await vi.waitUntil(() => tasks().claim(space, next, LONG), WAIT);
      expect(claimed).toMatchObject({ id: 'a', attempts: 2, claimedBy: 'next' });
      expect(await tasks().extend(at, dead, 1)).toBeUndefined();
      expect(await tasks().complete(at, dead, 'late')).toBeUndefined();
      expect(await tasks().fail(at, dead, { error: 'late', retry: true })).toBeUndefined();
      expect(await tasks().get(at)).toEqual(claimed);
    });

    test('extended it lasts as long as was said last, from then on', async () => {
      const space = await newQueue();
      const at = { space, id: 'a' };
      await tasks().enqueue(space, task('a'));
      const claim = worker();
      const claimed = await tasks().claim(space, claim, LONG);
      const extended = await tasks().extend(at, claim, 900_000);
      expect(extended?.dueAtMs).toBeGreaterThan((claimed?.dueAtMs ?? 0) + 250_000);
      await tasks().extend(at, claim, 1);
      expect((await vi.waitUntil(() => tasks().claim(space, worker(), LONG), WAIT)).id).toBe('a');
    });

    test('one that is late but was not replaced may still finish', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      const claim = worker();
      await tasks().claim(space, claim, SHORT);
      await vi.waitUntil(async () => (await tasks().count(space)).pending === 1, WAIT);
      expect(await tasks().complete({ space, id: 'a' }, claim, 1)).toMatchObject({ state: 'done' });
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
    });

    test('a task that has killed as many workers as it may is dead', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('deadly', { maxAttempts: 2, priority: 1 }));
      await tasks().enqueue(space, task('good', { delayMs: 0 }));
      await tasks().claim(space, worker(), SHORT);
      const claimDeadly = async () => (await tasks().claim(space, worker(), SHORT))?.id === 'deadly';
      await vi.waitUntil(claimDeadly, WAIT);
      const isDead = async () => {
        await tasks().claim(space, worker(), SHORT);
        return (await tasks().get({ space, id: 'deadly' }))?.state === 'dead';
      };
      await vi.waitUntil(isDead, WAIT);
      expect(await tasks().get({ space, id: 'deadly' })).toMatchObject({ attempts: 2 });
      expect((await tasks().count(space)).dead).toBe(1);
    });
  });
}
