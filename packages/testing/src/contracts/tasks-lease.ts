import type { TaskClaim, Tasks } from '@mnemon/core';
import type { Task } from '@mnemon/protocol';
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

    test('claims whose lease has ended are ended, each once: their tasks are pending, or dead; no other claim is', async () => {
      const space = await newQueue();
      for (const id of ['again', 'last']) {
        await tasks().enqueue(space, task(id, { maxAttempts: id === 'last' ? 1 : 5 }));
      }
      await tasks().enqueue(space, task('kept'));
      const [late, later] = [worker('late'), worker('late')];
      for (const claim of [late, later, worker()]) await tasks().claim(space, claim, LONG);
      await tasks().extend({ space, id: 'again' }, late, 1);
      await tasks().extend({ space, id: 'last' }, later, 1);
      await vi.waitUntil(async () => (await tasks().count(space)).claimed === 1, WAIT);
      const reclaimed: Task[] = [];
      const reclaim = async () => {
        const pages = await Promise.all(Array.from({ length: 4 }, () => tasks().reclaim(100)));
        reclaimed.push(...pages.flat().flatMap((each) => (each.space === space ? [each.task] : [])));
        return pages.flat().length === 0; // those that other tests have left come first
      };
      await vi.waitUntil(reclaim, WAIT);
      const byId = reclaimed.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      expect(byId).toMatchObject([
        { id: 'again', state: 'pending', attempts: 1, claimedBy: 'late' },
        { id: 'last', state: 'dead', attempts: 1, claimedBy: 'late' },
      ]);
      for (const each of reclaimed) expect(await tasks().get({ space, id: each.id })).toEqual(each);
      expect(await tasks().count(space)).toEqual({ pending: 1, claimed: 1, done: 0, dead: 1 });
      expect(await tasks().complete({ space, id: 'again' }, late, 'late')).toBeUndefined();
      const next = await tasks().claim(space, worker('next'), LONG);
      expect(next).toMatchObject({ id: 'again', attempts: 2, claimedBy: 'next' });
    });

    test('at most so many claims are ended at once, and none of none', async () => {
      const space = await newQueue();
      for (const id of ['a', 'b', 'c']) await tasks().enqueue(space, task(id));
      const claims = [worker(), worker(), worker()];
      for (const claim of claims) await tasks().claim(space, claim, LONG);
      for (const [i, id] of ['a', 'b', 'c'].entries()) {
        await tasks().extend({ space, id }, claims[i] as TaskClaim, 1);
      }
      await vi.waitUntil(async () => (await tasks().count(space)).pending === 3, WAIT);
      expect(await tasks().reclaim(0)).toEqual([]);
      expect(await tasks().reclaim(2)).toHaveLength(2);
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
