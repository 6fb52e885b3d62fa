import { randomUUID } from 'node:crypto';
import { type HostFaults, startEnvironment } from './environment.ts';
import { startEnvironmentPool } from './environment-pool.ts';

export type { HostFaults, Verdict } from './environment.ts';

export interface LambdaHostOptions {
  /** Objects of this thread that handlers call through `globalThis[Symbol.for('mnemon.host')].ports`. */
  ports?: Record<string, object>;
  /** Given: handlers get an `intercept` that asks it, around each port call, whether to die there. */
  faults?: HostFaults;
  /** Receives each line that a handler prints, and the host's own notes on failed environments. */
  log?: (line: string, origin: LogOrigin) => void;
}

export interface LogOrigin {
  functionName: string;
  requestId: string | undefined;
}

export interface LambdaFunctionOptions {
  name: string;
  /** URL of the handler module: TypeScript, or a bundle. */
  entry: string | URL;
  /** The module's export that handles events. */
  handler?: string;
  /** All of the function's environment variables: nothing of this process's own is inherited. */
  env?: Record<string, string>;
  timeoutMs?: number;
  initTimeoutMs?: number;
  memoryMb?: number;
  maxConcurrency?: number;
  /** Environments that are started before the function is ready, and kept. */
  minEnvironments?: number;
  /** Pauses before the two retries of a failed asynchronous invocation. Lambda's are 1 and 2 minutes. */
  asyncRetryDelaysMs?: readonly [number, number];
}

export interface LambdaFunction {
  /** Rejects with the handler's own error, or with a Lambda-like one when the environment died or timed out. */
  invoke(event: unknown): Promise<unknown>;
  /** Resolves when the event is accepted. It is tried up to three times, the last failure goes to the log. */
  invokeAsync(event: unknown): Promise<void>;
  /** How many environments are alive. */
  environments(): number;
}

export interface LambdaHost {
  addFunction(options: LambdaFunctionOptions): Promise<LambdaFunction>;
  close(): Promise<void>;
}

const MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_PAYLOAD_BYTES = 1024 * 1024;

const LAMBDA_ENV = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  // Without it, an SDK that finds no credentials waits seconds for a metadata service that isn't there.
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** AWS Lambda acted out on threads: real handler modules in environments that freeze between two events. */
export function startLambdaHost(hostOptions: LambdaHostOptions = {}): LambdaHost {
  const { ports = {}, faults, log = () => {} } = hostOptions;
  const functions: { close(): Promise<void> }[] = [];

  return {
    async addFunction(options) {
      const { name, maxConcurrency = 8, minEnvironments = 0, memoryMb = 1024 } = options;
      const note = (line: string, requestId?: string) => log(line, { functionName: name, requestId });
      const env = { ...LAMBDA_ENV, AWS_LAMBDA_FUNCTION_NAME: name, ...options.env };
      const pool = await startEnvironmentPool({
        minEnvironments,
        maxConcurrency,
        start: () =>
          startEnvironment({
            functionName: name,
            entry: String(options.entry),
            handlerName: options.handler ?? 'handler',
            timeoutMs: options.timeoutMs ?? 30_000,
            initTimeoutMs: options.initTimeoutMs ?? 60_000,
            ...{ env, memoryMb, ports, faults, log: note },
          }),
      });
      const queue = asyncInvocations(pool.invoke, options.asyncRetryDelaysMs ?? [1000, 2000], note);
      functions.push({
        async close() {
          queue.stop();
          await pool.close();
        },
      });
      return {
        invoke: async (event) =>
          JSON.parse(await pool.invoke(randomUUID(), payload(event, MAX_SYNC_PAYLOAD_BYTES))),
        invokeAsync: async (event) => void queue.add(payload(event, MAX_ASYNC_PAYLOAD_BYTES)),
        environments: pool.size,
      };
    },
    async close() {
      await Promise.all(functions.map((each) => each.close()));
    },
  };
}

function payload(event: unknown, maxBytes: number): string {
  const text = JSON.stringify(event) ?? 'null';
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= maxBytes) return text;
  const message = `${sizeBytes} byte payload is too large: at most ${maxBytes} bytes are allowed`;
  throw Object.assign(new Error(message), { name: 'RequestEntityTooLargeException' });
}

/** Lambda's asynchronous invocations: nobody waits for the result, a failure is retried under the same id. */
function asyncInvocations(
  invoke: (requestId: string, event: string) => Promise<string>,
  retryDelaysMs: readonly number[],
  note: (line: string, requestId: string) => void,
) {
  const retries = new Set<NodeJS.Timeout>();
  let stopped = false;

  const attempt = async (requestId: string, event: string, delaysMs: readonly number[]): Promise<void> => {
    try {
      await invoke(requestId, event);
    } catch (error) {
      if (stopped) return;
      const [delayMs, ...later] = delaysMs;
      if (delayMs === undefined) return note(`Asynchronous invocation failed for good: ${error}`, requestId);
      note(`Asynchronous invocation failed, retrying in ${delayMs} ms: ${error}`, requestId);
      const timer = setTimeout(() => {
        retries.delete(timer);
        void attempt(requestId, event, later);
      }, delayMs);
      retries.add(timer);
    }
  };
  return {
    add: (event: string) => void attempt(randomUUID(), event, retryDelaysMs),
    stop() {
      stopped = true;
      for (const timer of retries) clearTimeout(timer);
    },
  };
}
