import { type NewTask, TASK_RETRY, type Tasks } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { describe, expect, test, vi } from 'vitest';
import { LONG, type NewQueue, task, WAIT, worker } from './queued-tasks.ts';

export function endTests(tasks: () => Tasks, newQueue: NewQueue): void {
  const claimOf = async (space: SpaceId, more: Partial<NewTask> = {}) => {
    await tasks().enqueue(space, task('a', more));
    const claim = worker();
    const claimed = await tasks().claim(space, claim, LONG);
    return { at: { space, id: 'a' }, claim, claimed };
  };

  describe('end', () => {
    test('a task is completed once, with its result; said again, the answer is the same', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      const done = await tasks().complete(at, claim, { $set: ['ok'] });
      expect(done).toMatchObject({ state: 'done', result: { $set: ['ok'] } });
      expect(await tasks().complete(at, claim, 'another')).toEqual(done);
      expect(await tasks().fail(at, claim, { error: 'x', retry: true })).toEqual(done);
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 0, done: 1, dead: 0 });
    });

    test('without a result it has none', async () => {
      const { at, claim } = await claimOf(await newQueue());
      expect(await tasks().complete(at, claim, undefined)).not.toHaveProperty('result');
    });

    test('a failed attempt is tried again, later each time, until there are no more', async () => {
      const space = await newQueue();
      const { at, claim, claimed } = await claimOf(space, { maxAttempts: 2 });
      const failed = await tasks().fail(at, claim, { error: '$no', retry: true });
      expect(failed).toMatchObject({ state: 'pending', attempts: 1, error: '$no' });
      const restsMs = (failed?.dueAtMs ?? 0) - ((claimed?.dueAtMs ?? 0) - LONG.leaseMs);
      expect(restsMs).toBeGreaterThanOrEqual(TASK_RETRY.firstMs);
      expect(restsMs).toBeLessThan(TASK_RETRY.firstMs + 60_000);
      expect(await tasks().fail(at, claim, { error: 'again', retry: true })).toEqual(failed);
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
      const next = worker();
      await vi.waitUntil(() => tasks().claim(space, next, LONG), WAIT);
      expect(await tasks().fail(at, next, { error: 'no', retry: true })).toMatchObject({
        state: 'dead',
        attempts: 2,
        error: 'no',
      });
    });

    test('one that is not to be retried is dead at once', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      expect(await tasks().fail(at, claim, { error: 'no', retry: false })).toMatchObject({ state: 'dead' });
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 0, done: 0, dead: 1 });
    });

    test('of 16 that end it at once, with different results, one is believed by all', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      const ends = await Promise.all(Array.from({ length: 16 }, (_, i) => tasks().complete(at, claim, i)));
      expect(new Set(ends.map((end) => end?.result)).size).toBe(1);
    });

    test('nobody but the one that claimed it can change it', async () => {
      const space = await newQueue();
      const { at, claim, claimed } = await claimOf(space);
      const strangers = [{ ...claim, instanceId: 'x' as InstanceId }, worker()];
      for (const stranger of strangers) {
        expect(await tasks().complete(at, stranger, 1)).toBeUndefined();
        expect(await tasks().extend(at, stranger, 1)).toBeUndefined();
        expect(await tasks().fail(at, stranger, { error: '', retry: false })).toBeUndefined();
      }
      expect(await tasks().get(at)).toEqual(claimed);
      expect(await tasks().complete({ space, id: 'missing' }, claim, 1)).toBeUndefined();
    });
  });
}
