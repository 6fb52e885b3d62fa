import type { TaskWaiter, TaskWaiters } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { worker } from './queued-tasks.ts';
import { type MakeStorage, newSpace } from './stored-history.ts';

const LONG_MS = 600_000;

/** What must be kept of who waits for tasks. Each test has a space of its own and leaves rows behind. */
export function taskWaitersContract(name: string, makeStorage: MakeStorage): void {
  describe(`task waiters: ${name}`, () => {
    let waiters: TaskWaiters;
    beforeAll(async () => {
      ({ taskWaiters: waiters } = await makeStorage());
    });
    const waiter = (more: Partial<TaskWaiter> = {}): TaskWaiter => {
      const claim = worker(more.instanceId);
      return { ...claim, connectionId: `connection of ${claim.attempt}`, ...more };
    };
    /** Time goes by between one and the next: by a clock in milliseconds they came in this order. */
    const addAll = async (space: ReturnType<typeof newSpace>, all: readonly TaskWaiter[]) => {
      for (const each of all) {
        await waiters.add(space, each, LONG_MS);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };

    test('who has waited longest is taken out first, each once', async () => {
      const space = newSpace();
      const all = [waiter(), waiter({ instanceId: 'w.1' as TaskWaiter['instanceId'] }), waiter()];
      await addAll(space, all);
      expect(await waiters.take(newSpace(), 'a')).toBeUndefined();
      for (const each of all) expect(await waiters.take(space, 'a')).toEqual(each);
      expect(await waiters.take(space, 'a')).toBeUndefined();
    });

    test('of 16 calls at once no two get the same', async () => {
      const space = newSpace();
      await Promise.all(Array.from({ length: 12 }, () => waiters.add(space, waiter(), LONG_MS)));
      const taken = await Promise.all(Array.from({ length: 16 }, () => waiters.take(space, 'a')));
      const attempts = taken.flatMap((each) => (each ? [each.attempt] : []));
      expect(attempts).toHaveLength(12);
      expect(new Set(attempts).size).toBe(12);
    });

    test('one that may not claim the task is passed over, and stays', async () => {
      const space = newSpace();
      const mail = waiter({ patterns: ['tasks/mail/*'] });
      const builds = waiter({ patterns: ['tasks/x', 'tasks/build/**'] });
      await addAll(space, [mail, builds]);
      expect(await waiters.take(space, 'build/1/step')).toEqual(builds);
      expect(await waiters.take(space, 'build/2')).toBeUndefined();
      expect(await waiters.take(space, 'mail/1')).toEqual(mail);
    });

    test('who stops is not taken any more; who waits again does so on its new connection', async () => {
      const space = newSpace();
      const [one, two] = [waiter(), waiter()];
      await addAll(space, [one, two, { ...one, connectionId: 'new' }]);
      expect(await waiters.remove(space, two)).toBe(true);
      expect(await waiters.remove(space, two)).toBe(false);
      const stranger = { ...one, instanceId: 'stranger' as TaskWaiter['instanceId'] };
      expect(await waiters.remove(space, stranger)).toBe(false);
      expect(await waiters.take(space, 'a')).toEqual({ ...one, connectionId: 'new' });
      expect(await waiters.take(space, 'a')).toBeUndefined();
    });

    test('whose time is over waits no more', async () => {
      const space = newSpace();
      const late = waiter();
      await waiters.add(space, late, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await waiters.take(space, 'a')).toBeUndefined();
      expect(await waiters.remove(space, late)).toBe(false);
    });
  });
}
