import type { Worker } from 'node:worker_threads';
import { siblingModule, startThread } from '../thread.ts';
import { TimeLimitError, withinTime } from '../time-limit.ts';

export interface EmbeddedDynamoDbOptions {
  /** The directory that holds the tables; without it they are kept in memory, and lost in a crash. */
  path?: string | undefined;
  /** 0, the default, takes a free one. */
  port?: number;
  log?: (line: string) => void;
}

export interface EmbeddedDynamoDb {
  endpoint: string;
  close(): Promise<void>;
}

const START_LIMIT_MS = 30_000;
const CLOSE_LIMIT_MS = 5000;
const RESTART_PAUSE_MS = 500;

/**
 * DynamoDB without Java or Docker: dynalite on loopback, in a thread of its own. An uncaught error inside it takes
 * only that thread down; it is started again on the same port and path, and the log says so.
 */
export async function startEmbeddedDynamoDb(
  options: EmbeddedDynamoDbOptions = {},
): Promise<EmbeddedDynamoDb> {
  const { path, log = () => {} } = options;
  let closing = false;
  let restarting: Promise<void> | undefined;

  const first = await start(path, options.port ?? 0).catch((cause: Error) => {
    const where = path === undefined ? 'in memory' : `at ${path}`;
    throw new Error(`The embedded DynamoDB could not start ${where}: ${reasonOf(cause)}`, { cause });
  });
  let worker = watch(first.worker);

  function watch(watched: Worker): Worker {
    watched.once('exit', () => {
      if (!closing) restarting = restart();
    });
    watched.on('error', (error) => log(`The embedded DynamoDB crashed and starts again: ${reasonOf(error)}`));
    return watched;
  }

  async function restart(): Promise<void> {
    while (!closing) {
      try {
        worker = watch((await start(path, first.port)).worker);
        return;
      } catch (error) {
        log(
          `The embedded DynamoDB could not start again, next try in ${RESTART_PAUSE_MS} ms: ${reasonOf(error)}`,
        );
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      }
    }
  }

  return {
    endpoint: `http://127.0.0.1:${first.port}`,
    async close() {
      closing = true;
      await restarting;
      await stop(worker);
    },
  };
}

/** Resolves when it is listening; rejects, with nothing left running, when it dies before that. */
async function start(path: string | undefined, port: number): Promise<{ worker: Worker; port: number }> {
  const thread = siblingModule('embedded-dynamodb-thread', import.meta.url);
  const worker = startThread(thread, { workerData: { path, port }, name: 'dynamodb' });
  const listening = new Promise<{ port: number }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('It ended before it was listening')));
  });
  try {
    return { worker, port: (await withinTime(START_LIMIT_MS, listening)).port };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** Lets requests finish and the store close; what takes too long is cut off. */
async function stop(worker: Worker): Promise<void> {
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  if (worker.threadId === -1) return; // it is gone already
  worker.postMessage('close');
  await withinTime(CLOSE_LIMIT_MS, exited).catch(async (error) => {
    if (!(error instanceof TimeLimitError)) throw error;
    await worker.terminate();
  });
}

/** The message of an error, with those of its causes: LevelDB's own is two levels down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
