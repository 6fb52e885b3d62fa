import {
  type JsonValue,
  LIMITS,
  type Task,
  type TaskAnswer,
  type TaskCounts,
  type TaskFrame,
  type TaskPage,
  type TaskRequest,
  type TaskState,
} from '@mnemon/protocol';
import type { Requests } from '../connection/requests.ts';
import type { PageOptions } from '../mnemon.ts';
import { MnemonError } from '../mnemon-error.ts';
import type { Ports } from '../ports.ts';
import { createRandomName } from '../random-name.ts';
import { createAlarms } from './alarms.ts';

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

export interface ClaimOptions {
  /** How long the task stays this client's; `extend` makes it longer. 30 s by default. */
  readonly leaseMs?: number;
  readonly waitMs?: number;
}

/** What is left to do, in the order in which it is claimed. */
export interface UnfinishedTasks {
  readonly pending: readonly Task[];
  readonly processing: readonly Task[];
}

/** A task that this client works on, until its lease ends. */
export interface ClaimedTask extends Task {
  /** Names this claim; another claim of the same task has another. */
  readonly attempt: string;
}

/** The queue of a space, shared by all its workers. Each call of a claim that is over rejects with `claim-lost`. */
export interface TaskQueue {
  enqueue(value: JsonValue, options?: EnqueueOptions): Promise<{ created: boolean; task: Task }>;
  /**
   * The next task that is due. Where there is none, it waits for one for `waitMs`, not at all by default: the server tells
   * it, and it asks again by itself. `undefined` when there was none in that time.
   */
  claim(options?: ClaimOptions): Promise<ClaimedTask | undefined>;
  /** More time for it, from now on. */
  extend(task: ClaimedTask, options?: { readonly leaseMs?: number }): Promise<Task>;
  complete(task: ClaimedTask, result?: JsonValue): Promise<Task>;
  /** It is tried again, a while later, unless `retry` is false or it has been tried often enough. */
  fail(task: ClaimedTask, error: unknown, options?: { readonly retry?: boolean }): Promise<Task>;
  get(id: string): Promise<Task | undefined>;
  /** Tasks in one state, in the order in which they are claimed. In pages: while there is a `page`, ask on with it. */
  list(options: { readonly state: TaskState } & PageOptions): Promise<TaskPage>;
  /** What waits, and what is being worked on, at this moment. */
  unfinished(): Promise<UnfinishedTasks>;
  count(): Promise<TaskCounts>;
}

export interface TaskKeeper {
  readonly queue: TaskQueue;
  /** What the server says that answers no request: that there is a task. */
  hear(frame: TaskFrame): void;
  online(): void;
  close(error: MnemonError): void;
}

export function createTaskQueue(requests: Requests, { clock, random }: Ports): TaskKeeper {
  /** Of claims that wait, by their attempts. */
  const alarms = createAlarms(clock);
  let closedBy: MnemonError | undefined;

  async function ask<Is extends TaskAnswer['is']>(
    is: Is,
    payload: (resend: boolean) => TaskRequest,
  ): Promise<Extract<TaskAnswer, { is: Is }>> {
    const answer = await requests.ask('task', payload);
    if (answer.is === 'lost') throw new MnemonError('claim-lost', 'another worker has, or had, this task');
    if (answer.is !== is) throw new MnemonError('internal', `the server answered ${answer.is}, not ${is}`);
    return answer as Extract<TaskAnswer, { is: Is }>;
  }

  async function claim({
    leaseMs = LEASE_MS,
    waitMs = 0,
  }: ClaimOptions = {}): Promise<ClaimedTask | undefined> {
    const attempt = createRandomName(random);
    const untilMs = clock.now() + waitMs;
    const alarm = alarms.create(attempt);
    try {
      for (let isFirst = true; ; isFirst = false) {
        const news = alarm.next(); // before asking: what comes while the answer is on its way counts
        const leftMs = Math.max(0, untilMs - clock.now());
        const { task, againMs = leftMs } = await ask('claimed', (resend) => ({
          ...{ do: 'claim', attempt, leaseMs, resend: resend || !isFirst },
          ...(leftMs > 0 && { waitMs: Math.min(Math.ceil(leftMs), LIMITS.taskWaitMs) }),
        }));
        if (task) return { ...task, attempt };
        if (leftMs === 0) return undefined;
        alarm.set(Math.min(againMs, leftMs));
        await news;
        if (closedBy) throw closedBy;
      }
    } finally {
      alarm.stop();
    }
  }

  async function list(options: Parameters<TaskQueue['list']>[0]): Promise<TaskPage> {
    const { tasks, page } = await ask('listed', () => ({ do: 'list', ...options }));
    return { tasks, ...(page !== undefined && { page }) };
  }

  async function listAll(state: TaskState): Promise<Task[]> {
    const all: Task[] = [];
    for (let page: string | undefined; ; ) {
      const next = await list({ state, ...(page !== undefined && { page }) });
      all.push(...next.tasks);
      if (next.page === undefined) return all;
      page = next.page;
    }
  }

  async function unfinished(): Promise<UnfinishedTasks> {
    const [pending, processing] = await Promise.all([listAll('pending'), listAll('claimed')]);
    return { pending, processing };
  }

  const queue: TaskQueue = {
    async enqueue(value, { id = createRandomName(random), priority = 0, notBefore = 0, maxAttempts } = {}) {
      const delayMs = Math.ceil(Math.max(0, notBefore - clock.now()));
      const task = { id, value, priority, delayMs, maxAttempts: maxAttempts ?? MAX_ATTEMPTS };
      const { created, task: kept } = await ask('enqueued', () => ({ do: 'enqueue', ...task }));
      return { created, task: kept };
    },

    claim,

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

    list,
    unfinished,
    get: async (id) => (await ask('found', () => ({ do: 'get', id }))).task,
    count: async () => (await ask('counted', () => ({ do: 'count' }))).counts,
  };
  return {
    queue,
    hear({ payload }) {
      if (payload.is === 'available') alarms.ring(payload.attempt);
    },
    online: () => alarms.ringAll(), // notices went to the connection that is gone
    close(error) {
      closedBy = error;
      alarms.ringAll();
    },
  };
}
