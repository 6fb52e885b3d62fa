import type { SpaceId } from '@mnemon/protocol';
import type { TaskClaim } from './tasks.ts';

/** A claim that found nothing to do, and the connection on which it wants to hear of a task. */
export interface TaskWaiter extends TaskClaim {
  connectionId: string;
  /** What it may claim: keys of tasks (`taskKey`); everything when left out. */
  patterns?: readonly string[] | undefined;
}

/**
 * Who waits for tasks. Waiting is no promise: a waiter that is forgotten asks again by itself, so this need not survive
 * what its connections don't.
 */
export interface TaskWaiters {
  /** Notes that a claim waits for so long from now on, behind all that wait. */
  add(space: SpaceId, waiter: TaskWaiter, waitMs: number): Promise<void>;

  /** Whether the claim still waited; then it does no more. */
  remove(space: SpaceId, claim: TaskClaim): Promise<boolean>;

  /**
   * Takes out who waits longest of those that may claim the task: of calls at once no two get the same. `undefined` when
   * nobody is left.
   */
  take(space: SpaceId, taskId: string): Promise<TaskWaiter | undefined>;
}
