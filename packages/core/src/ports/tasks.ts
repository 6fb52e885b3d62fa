import type { Enqueue, InstanceId, JsonValue, SpaceId, Task, TaskCounts, TaskState } from '@mnemon/protocol';

export interface TaskId {
  space: SpaceId;
  id: string;
}

export type NewTask = Enqueue;

/** A worker's one go at a task. */
export interface TaskClaim {
  instanceId: InstanceId;
  /** Chosen by the worker, for this claim alone. */
  attempt: string;
}

/**
 * The queue of tasks of each space. Leases and delays run on the store's clock; a claimed task whose lease has ended comes
 * back by itself, unless it has used up its attempts: then it is dead. Calls of a claim change the task as long as no
 * other has claimed it, also after the lease, until `reclaim` ends it; repeated, they answer the same. Durable once a call resolves.
 */
export interface Tasks {
  /**
   * Puts the task in, behind all that are there, unless there is or was one of this id: that is answered as it is.
   * `undefined` when the space has not been opened.
   */
  enqueue(space: SpaceId, task: NewTask): Promise<{ created: boolean; task: Task } | undefined>;

  /**
   * Claims the due task with the greatest priority, of those the one that came first: of concurrent claims no two get the
   * same. With `patterns`, only tasks whose key (`taskKey`) matches one. `resend`: if this claim has a task already, that.
   */
  claim(
    space: SpaceId,
    claim: TaskClaim,
    options: { leaseMs: number; patterns?: readonly string[] | undefined; resend?: boolean | undefined },
  ): Promise<Task | undefined>;

  /** More time, from now on. `undefined` when the claim is over. */
  extend(task: TaskId, claim: TaskClaim, leaseMs: number): Promise<Task | undefined>;

  /** The task is done, for good. `undefined` when the claim is over. */
  complete(task: TaskId, claim: TaskClaim, result: JsonValue | undefined): Promise<Task | undefined>;

  /**
   * The attempt has failed: with `retry`, and attempts left, the task is pending again after `retryDelayMs` of its
   * attempts; else it is dead. `undefined` when the claim is over.
   */
  fail(task: TaskId, claim: TaskClaim, failure: { error: string; retry: boolean }): Promise<Task | undefined>;

  /**
   * Ends claims whose lease has ended, of all spaces, the oldest first and at most `limit`: their tasks are pending and due,
   * or dead if they have used up their attempts. Answers them as they are then; of calls at once no two the same.
   */
  reclaim(limit: number): Promise<readonly { space: SpaceId; task: Task }[]>;

  get(task: TaskId): Promise<Task | undefined>;

  /**
   * Those in a state, in the order in which they are claimed, at most `limit` after a place in it. One whose lease has
   * ended is in the state `claimed` until it is claimed anew.
   */
  list(
    space: SpaceId,
    query: { state: TaskState; after?: { priority: number; index: number } | undefined; limit: number },
  ): Promise<readonly Task[]>;

  /** A task that is due, if there is one, and how long it takes until the next one is that is not. */
  outlook(space: SpaceId): Promise<{ dueId?: string | undefined; nextMs?: number | undefined }>;

  count(space: SpaceId): Promise<TaskCounts>;
}
