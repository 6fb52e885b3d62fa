import type { Tasks } from '@mnemon/core';
import type { SpaceId, Task, TaskState } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { idsOf, LONG, type NewQueue, SHORT, task, worker } from './queued-tasks.ts';

export function listTests(tasks: () => Tasks, newQueue: NewQueue): void {
  const walk = async (space: SpaceId, state: TaskState, limit: number) => {
    const found: Task[] = [];
    for (;;) {
      const page = await tasks().list(space, { state, after: found.at(-1), limit });
      found.push(...page);
      if (page.length < limit) return found;
    }
  };

  describe('list', () => {
    test('each task is in the list of its state, as it is', async () => {
      const space = await newQueue();
      for (const id of ['a', 'b', 'c', 'd']) await tasks().enqueue(space, task(id, { value: { $of: id } }));
      const [done, dead] = [worker(), worker()];
      await tasks().claim(space, done, LONG);
      await tasks().complete({ space, id: 'a' }, done, 'result');
      await tasks().claim(space, dead, LONG);
      await tasks().fail({ space, id: 'b' }, dead, { error: 'no', retry: false });
      await tasks().claim(space, worker(), LONG);
      for (const [state, id] of [
        ['done', 'a'],
        ['dead', 'b'],
        ['claimed', 'c'],
        ['pending', 'd'],
      ] as const) {
        const listed = await tasks().list(space, { state, limit: 10 });
        expect(listed).toEqual([await tasks().get({ space, id })]);
      }
      expect(await tasks().list(await newQueue(), { state: 'pending', limit: 10 })).toEqual([]);
    });

    test('goes on where it ended, in the order of claims', async () => {
      const space = await newQueue();
      const priorities = [0, 7, -3, 7, 0, 7, 2, 0];
      for (const [at, priority] of priorities.entries())
        await tasks().enqueue(space, task(`t${at}`, { priority, delayMs: at % 2 }));
      const inOrder = ['t1', 't3', 't5', 't6', 't0', 't4', 't7', 't2'];
      for (const limit of [1, 3, 100]) expect(idsOf(await walk(space, 'pending', limit))).toEqual(inOrder);
    });
  });

  describe('outlook', () => {
    test('tells a task that is due, and when the next one will be', async () => {
      const space = await newQueue();
      expect(await tasks().outlook(space)).toEqual({});
      await tasks().enqueue(space, task('later', { delayMs: 500_000, priority: 1 }));
      const waiting = await tasks().outlook(space);
      expect(waiting).toEqual({ nextMs: expect.any(Number) });
      expect(waiting.nextMs).toBeGreaterThan(400_000);
      expect(waiting.nextMs).toBeLessThanOrEqual(500_000);
      await tasks().enqueue(space, task('now'));
      expect((await tasks().outlook(space)).dueId).toBe('now');
      const claim = worker();
      await tasks().claim(space, claim, { leaseMs: 300_000 });
      const leased = await tasks().outlook(space);
      expect(leased.dueId).toBeUndefined();
      expect(leased.nextMs, 'the end of the lease').toBeLessThanOrEqual(300_000);
      await tasks().complete({ space, id: 'now' }, claim, 1);
      expect((await tasks().outlook(space)).nextMs).toBeGreaterThan(300_000);
    });

    test('a task whose lease has ended is due', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      await tasks().claim(space, worker(), SHORT);
      await expect.poll(async () => (await tasks().outlook(space)).dueId, { timeout: 20_000 }).toBe('a');
    });
  });
}
