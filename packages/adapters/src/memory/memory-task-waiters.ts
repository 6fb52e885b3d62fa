import type { TaskClaim, TaskWaiter, TaskWaiters } from '@mnemon/core';
import { matches, type SpaceId, taskKey } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';

/** Who waits for tasks, in memory alone: the gateway that has their connections ends with this process. */
export function memoryTaskWaiters({ now }: Pick<Shared, 'now'>): TaskWaiters {
  const bySpace = new Map<SpaceId, (TaskWaiter & { untilMs: number })[]>();
  const waitersOf = (space: SpaceId) => (bySpace.get(space) ?? []).filter(({ untilMs }) => untilMs > now());
  const isOf = (claim: TaskClaim) => (waiter: TaskWaiter) =>
    waiter.attempt === claim.attempt && waiter.instanceId === claim.instanceId;

  /** Takes out the first that passes. */
  const takeOut = (space: SpaceId, test: (waiter: TaskWaiter) => boolean): TaskWaiter | undefined => {
    const waiters = waitersOf(space);
    const found = waiters.find(test);
    bySpace.set(
      space,
      waiters.filter((waiter) => waiter !== found),
    );
    if (!found) return undefined;
    const { untilMs: _, ...waiter } = found;
    return waiter;
  };

  return {
    async add(space, waiter, waitMs) {
      takeOut(space, isOf(waiter));
      bySpace.set(space, [...waitersOf(space), { ...structuredClone(waiter), untilMs: now() + waitMs }]);
    },
    remove: async (space, claim) => takeOut(space, isOf(claim)) !== undefined,
    take: async (space, taskId) =>
      takeOut(space, ({ patterns }) => !patterns || patterns.some((each) => matches(each, taskKey(taskId)))),
  };
}
