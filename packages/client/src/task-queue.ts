import {
  type JsonValue,
  LIMITS,
  type Task,
  type TaskAnswer,
  type TaskCounts,
  type TaskRequest,
} from '@mnemon/protocol';
import { MnemonError } from './mnemon-error.ts';
import type { Ports } from './ports.ts';
import { createRandomName } from './random-name.ts';
import type { Requests } from './requests.ts';

const LEASE_MS = 30_000;
const MAX_ATTEMPTS = 5;

export interface EnqueueOptions {
  /** A task that was enqueued under this name already is left as it is. By default a new name. */
  readonly id?: string;
  /** The greatest is claimed first; 0 by default. */
  readonly priority?: number;
  /** When it may be claimed, in milliseconds since 1970 by this machine's clock. */
  readonly notBefore?: number;
  /** How often it is tried before it is given up; 5 by default. */
  readonly maxAttempts?: number;
}

/** A task that this client works on, until its lease ends. */
export interface ClaimedTask extends Task {
  /** Names this claim; another claim of the same task has another. */
  readonly attempt: string;
}

/** The queue of a space, shared by all its workers. Each call of a claim that is over rejects with `claim-lost`. */
export interface TaskQueue {
  enqueue(value: JsonValue, options?: EnqueueOptions): Promise<{ created: boolean; task: Task }>;
  /** The next task that is due; `undefined` when there is none. */
  claim(options?: { readonly leaseMs?: number }): Promise<ClaimedTask | undefined>;
  /** More time for it, from now on. */
  extend(task: ClaimedTask, options?: { readonly leaseMs?: number }): Promise<Task>;
  complete(task: ClaimedTask, result?: JsonValue): Promise<Task>;
  /** It is tried again, a while later, unless `retry` is false or it has been tried often enough. */
  fail(task: ClaimedTask, error: unknown, options?: { readonly retry?: boolean }): Promise<Task>;
  get(id: string): Promise<Task | undefined>;
  count(): Promise<TaskCounts>;
}

export function createTaskQueue(requests: Requests, { clock, random }: Ports): TaskQueue {
  async function ask<Is extends TaskAnswer['is']>(
    is: Is,
    payload: (resend: boolean) => TaskRequest,
  ): Promise<Extract<TaskAnswer, { is: Is }>> {
    const answer = await requests.ask('task', payload);
    if (answer.is === 'lost') throw new MnemonError('claim-lost', 'another worker has, or had, this task');
    if (answer.is !== is) throw new MnemonError('internal', `the server answered ${answer.is}, not ${is}`);
    return answer as Extract<TaskAnswer, { is: Is }>;
  }

  return {
    async enqueue(value, { id = createRandomName(random), priority = 0, notBefore = 0, maxAttempts } = {}) {
      const delayMs = Math.ceil(Math.max(0, notBefore - clock.now()));
      const task = { id, value, priority, delayMs, maxAttempts: maxAttempts ?? MAX_ATTEMPTS };
      const { created, task: kept } = await ask('enqueued', () => ({ do: 'enqueue', ...task }));
      return { created, task: kept };
    },

    async claim({ leaseMs = LEASE_MS } = {}) {
      const attempt = createRandomName(random);
      const { task } = await ask('claimed', (resend) => ({ do: 'claim', attempt, leaseMs, resend }));
      return task && { ...task, attempt };
    },

    async extend({ id, attempt }, { leaseMs = LEASE_MS } = {}) {
      return (await ask('changed', () => ({ do: 'extend', id, attempt, leaseMs }))).task;
    },

    async complete({ id, attempt }, result) {
      const end = { do: 'complete' as const, id, attempt, ...(result !== undefined && { result }) };
      return (await ask('changed', () => end)).task;
    },

    async fail({ id, attempt }, error, { retry = true } = {}) {
      const message = error instanceof Error ? error.message : String(error);
      const end = {
        do: 'fail' as const,
        id,
        attempt,
        retry,
        error: message.slice(0, LIMITS.taskErrorLength),
      };
      return (await ask('changed', () => end)).task;
    },

    get: async (id) => (await ask('found', () => ({ do: 'get', id }))).task,
    count: async () => (await ask('counted', () => ({ do: 'count' }))).counts,
  };
}
