import type { Environment, OnChunk } from './environment.ts';

interface Job {
  requestId: string;
  event: string;
  onChunk: OnChunk | undefined;
  resolve: (result: string) => void;
  reject: (error: Error) => void;
}

export interface EnvironmentPool {
  /** Runs in an idle environment, else in a new one, else waits for the first to become idle. */
  invoke(requestId: string, event: string, onChunk?: OnChunk): Promise<string>;
  size(): number;
  close(): Promise<void>;
}

export interface EnvironmentPoolOptions {
  start: () => Promise<Environment>;
  minEnvironments: number;
  maxConcurrency: number;
}

/** The execution environments of one function. Resolves when the first `minEnvironments` are warm. */
export async function startEnvironmentPool(options: EnvironmentPoolOptions): Promise<EnvironmentPool> {
  const { minEnvironments, maxConcurrency } = options;
  const live = new Set<Environment>();
  const starting = new Set<Promise<void>>();
  const idle: Environment[] = [];
  const queue: Job[] = [];
  let closed = false;

  async function startOne(): Promise<void> {
    const environment = await options.start();
    live.add(environment);
    idle.push(environment);
  }

  function begin(): void {
    const begun = startOne()
      // An environment is started because an event waits for one; Lambda lets that event fail with the start.
      .catch((error: Error) => queue.shift()?.reject(error))
      .finally(() => {
        starting.delete(begun);
        pump();
      });
    starting.add(begun);
  }

  function pump(): void {
    if (closed) return;
    while (queue.length > 0 && idle.length > 0) {
      // The most recently used one, as Lambda does: the others may go cold.
      const environment = idle.pop();
      if (environment?.alive()) void run(queue.shift() as Job, environment);
      else if (environment) live.delete(environment);
    }
    while (queue.length > starting.size && live.size + starting.size < maxConcurrency) begin();
  }

  async function run(job: Job, environment: Environment): Promise<void> {
    await environment.invoke(job.requestId, job.event, job.onChunk).then(job.resolve, job.reject);
    if (environment.alive()) idle.push(environment);
    else live.delete(environment);
    if (!closed && live.size + starting.size < minEnvironments) begin();
    pump();
  }

  async function close(): Promise<void> {
    closed = true;
    const gone = new Error('The Lambda host was closed');
    for (const job of queue.splice(0)) job.reject(gone);
    await Promise.allSettled(starting);
    await Promise.all([...live].map((environment) => environment.close()));
    live.clear();
  }

  try {
    await Promise.all(Array.from({ length: minEnvironments }, startOne));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    invoke: (requestId, event, onChunk) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('The Lambda host was closed'));
        queue.push({ requestId, event, onChunk, resolve, reject });
        pump();
      }),
    size: () => live.size,
    close,
  };
}
