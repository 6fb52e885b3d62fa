import { randomUUID } from 'node:crypto';
import { asyncInvocations } from './async-invocations.ts';
import { type HostFaults, type OnChunk, startEnvironment } from './environment.ts';
import { startEnvironmentPool } from './environment-pool.ts';

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
  /** Of a handler that streams its answer: resolves when that is complete. */
  invokeStreaming(event: unknown, onChunk: OnChunk): Promise<void>;
  /** Resolves when the event is accepted. It is tried up to three times; how that ends, only the log tells. */
  invokeAsync(event: unknown): Promise<void>;
  /** How many environments are alive. */
  environments(): number;
  close(): Promise<void>;
}

/** What a function gets from its host. */
export interface FunctionSurroundings {
  ports: Record<string, object>;
  faults: HostFaults | undefined;
  note: (line: string, requestId: string | undefined) => void;
}

const MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_PAYLOAD_BYTES = 1024 * 1024;

const LAMBDA_ENV = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  // Without it, an SDK that finds no credentials waits seconds for a metadata service that isn't there.
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

export async function startLambdaFunction(
  options: LambdaFunctionOptions,
  surroundings: FunctionSurroundings,
): Promise<LambdaFunction> {
  const { maxConcurrency = 8, minEnvironments = 0, asyncRetryDelaysMs = [1000, 2000] } = options;
  const { note } = surroundings;
  const start = async () => {
    try {
      return await startEnvironment(environmentOf(options, surroundings));
    } catch (error) {
      note(`An environment did not start: ${described(error)}`, undefined);
      throw error;
    }
  };
  const pool = await startEnvironmentPool({ start, minEnvironments, maxConcurrency });

  // Lambda's runtime prints a handler's failure, because whoever invoked it may tell nobody.
  const run = async (requestId: string, event: string, onChunk?: OnChunk) => {
    try {
      return await pool.invoke(requestId, event, onChunk);
    } catch (error) {
      note(`Invocation failed: ${described(error)}`, requestId);
      throw error;
    }
  };
  const asynchronous = asyncInvocations({ invoke: run, retryDelaysMs: asyncRetryDelaysMs, note });
  return {
    invoke: async (event) => JSON.parse(await run(randomUUID(), payload(event, MAX_SYNC_PAYLOAD_BYTES))),
    async invokeStreaming(event, onChunk) {
      await run(randomUUID(), payload(event, MAX_SYNC_PAYLOAD_BYTES), onChunk);
    },
    invokeAsync: async (event) => asynchronous.add(payload(event, MAX_ASYNC_PAYLOAD_BYTES)),
    environments: pool.size,
    async close() {
      asynchronous.stop();
      await pool.close();
    },
  };
}

function environmentOf(options: LambdaFunctionOptions, { ports, faults, note }: FunctionSurroundings) {
  const { name, handler = 'handler', timeoutMs = 30_000, initTimeoutMs = 60_000, memoryMb = 1024 } = options;
  return {
    functionName: name,
    entry: String(options.entry),
    handlerName: handler,
    env: { ...LAMBDA_ENV, AWS_LAMBDA_FUNCTION_NAME: name, ...options.env },
    ...{ timeoutMs, initTimeoutMs, memoryMb, ports, faults, log: note },
  };
}

function payload(event: unknown, maxBytes: number): string {
  const text = JSON.stringify(event) ?? 'null';
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= maxBytes) return text;
  const message = `${sizeBytes} byte payload is too large: at most ${maxBytes} bytes are allowed`;
  throw Object.assign(new Error(message), { name: 'RequestEntityTooLargeException' });
}

/** With the stack where it is the handler's; that of an environment's end would only show this host. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofTheHost = /^(Runtime|Sandbox)\./.test(error.name);
  return (!ofTheHost && error.stack) || `${error.name}: ${error.message}`;
}
