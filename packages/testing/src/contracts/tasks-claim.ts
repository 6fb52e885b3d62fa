import type { Tasks } from '@mnemon/core';
import type { InstanceId, SpaceId, Task } from '@mnemon/protocol';
import { describe, expect, test, vi } from 'vitest';
import { idsOf, LONG, type NewQueue, task, WAIT, worker } from './queued-tasks.ts';

export function claimTests(tasks: () => Tasks, newQueue: NewQueue): void {
  describe('claim', () => {
    test('the greatest priority first, then who came first', async () => {
      const space = await newQueue();
      const priorities = [0, 5, 0, -1, 5];
      for (const [at, priority] of priorities.entries())
        await tasks().enqueue(space, task(`t${at}`, { priority }));
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['t1', 't4', 't0', 't2', 't3']);
    });

    test('it says who has the task, for the how manieth time', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      expect(await tasks().claim(space, worker('w.1'), LONG)).toMatchObject({
        id: 'a',
        value: { of: 'a' },
        state: 'claimed',
        attempts: 1,
        claimedBy: 'w.1',
      });
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
    });

    test('32 workers on 200 tasks: each is claimed once', async () => {
      const space = await newQueue();
      const ids = Array.from({ length: 200 }, (_, i) => `t${i}`);
      await Promise.all(ids.map((id, i) => tasks().enqueue(space, task(id, { priority: i % 3 }))));
      const claimed = await Promise.all(Array.from({ length: 32 }, () => claimAll(tasks(), space)));
      expect(idsOf(claimed.flat()).sort()).toEqual(ids.sort());
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 200, done: 0, dead: 0 });
    });

    test('nobody gets a task before its time', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('later', { priority: 9, delayMs: 600_000 }));
      await tasks().enqueue(space, task('soon', { priority: 5, delayMs: 60 }));
      await tasks().enqueue(space, task('now'));
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['now']);
      const soon = await vi.waitUntil(() => tasks().claim(space, worker(), LONG), WAIT);
      expect(soon.id).toBe('soon');
    });

    test('only what matches is claimed, where that is asked for', async () => {
      const space = await newQueue();
      for (const id of ['mail/1', 'build/1', 'mail/2', 'build/2/step'])
        await tasks().enqueue(space, task(id));
      const claim = (...patterns: string[]) => tasks().claim(space, worker(), { ...LONG, patterns });
      expect(await claim()).toBeUndefined();
      expect(await claim('tasks/other/*', 'mail/*')).toBeUndefined();
      expect(idsOf([await claim('tasks/build/**'), await claim('tasks/build/*', 'tasks/*/2/*')])).toEqual([
        'build/1',
        'build/2/step',
      ]);
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['mail/1', 'mail/2']);
    });

    test('16 restricted workers claim each task that they may claim once', async () => {
      const space = await newQueue();
      const ids = Array.from({ length: 40 }, (_, i) => `${i % 2 === 0 ? 'mine' : 'other'}/${i}`);
      for (const id of ids) await tasks().enqueue(space, task(id));
      const claimMine = async () => {
        const mine: Task[] = [];
        for (;;) {
          const next = await tasks().claim(space, worker(), { ...LONG, patterns: ['tasks/mine/*'] });
          if (!next) return mine;
          mine.push(next);
        }
      };
      const claimed = await Promise.all(Array.from({ length: 16 }, claimMine));
      expect(idsOf(claimed.flat()).sort()).toEqual(ids.filter((id) => id.startsWith('mine')).sort());
    });

    test('a claim that is sent again gets the task that it has', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      await tasks().enqueue(space, task('b'));
      const claim = worker();
      const first = await tasks().claim(space, claim, { ...LONG, resend: true });
      expect(await tasks().claim(space, claim, { ...LONG, resend: true })).toEqual(first);
      const other = { ...claim, instanceId: 'another' as InstanceId };
      expect((await tasks().claim(space, other, { ...LONG, resend: true }))?.id).toBe('b');
    });
  });
}

async function claimAll(tasks: Tasks, space: SpaceId): Promise<Task[]> {
  const all: Task[] = [];
  for (let next = await tasks.claim(space, worker(), LONG); next; ) {
    all.push(next);
    next = await tasks.claim(space, worker(), LONG);
  }
  return all;
}
