import { MessageChannel, type Worker } from 'node:worker_threads';
import { siblingModule, startThread } from '../thread.ts';
import {
  type EnvironmentData,
  type EnvironmentMessage,
  INTERCEPT,
  type Invocation,
} from './environment-wire.ts';
import { fromErrorData } from './error-data.ts';
import { type OutstandingAnswer, outstandingAnswer } from './outstanding-answer.ts';
import { type CallPort, dispatchTo, serveCalls } from './port-calls.ts';

export type CallFate = 'continue' | 'kill';

/** Decides, at each port call of a handler, whether its environment dies right there. */
export interface HostFaults {
  onPortCall(
    port: string,
    method: string,
    phase: 'before' | 'after',
    requestId: string,
  ): CallFate | Promise<CallFate>;
}

export interface EnvironmentOptions {
  functionName: string;
  /** URL of the handler module. */
  entry: string;
  handlerName: string;
  env: Record<string, string>;
  timeoutMs: number;
  initTimeoutMs: number;
  memoryMb: number;
  ports: Record<string, object>;
  faults?: HostFaults | undefined;
  log: (line: string, requestId: string | undefined) => void;
}

export type OnChunk = (chunk: Uint8Array) => void;

/** One execution environment: a thread with module instances of its own, that serves one event at a time. */
export interface Environment {
  /**
   * JSON text in, JSON text out. Rejects when the handler throws, times out, or takes its environment down. What a
   * streaming handler writes goes to `onChunk`.
   */
  invoke(requestId: string, event: string, onChunk?: OnChunk): Promise<string>;
  /** False once the thread is gone or going. */
  alive(): boolean;
  close(): Promise<void>;
}

/** Starts an environment and waits until its handler module is loaded. */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { port1: calls, port2: callsInside } = new MessageChannel();
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker(options, { wake: wake.buffer, calls: callsInside });
  const answer = outstandingAnswer();
  let alive = true;
  let onChunk: OnChunk | undefined;

  // Closing the channel first: whatever a dying handler still calls must not reach the host's objects any more.
  const kill = async (error: Error) => {
    alive = false;
    calls.close();
    answer.settle(error);
    await worker.terminate();
  };
  listen(worker, { answer, log: options.log, kill, onChunk: (chunk) => onChunk?.(chunk) });
  serveCalls(calls, withFaults(options, answer, kill));

  await answer
    .wait('init', options.initTimeoutMs, () => void kill(initTimedOut(options)))
    .catch(async (error: Error) => {
      await kill(error);
      throw error;
    });
  return {
    invoke(requestId, event, takeChunk) {
      onChunk = takeChunk;
      const { timeoutMs } = options;
      const result = answer.wait(requestId, timeoutMs, () => void kill(taskTimedOut(requestId, timeoutMs)));
      worker.postMessage({ requestId, event, deadlineMs: Date.now() + timeoutMs } satisfies Invocation);
      Atomics.add(wake, 0, 1);
      Atomics.notify(wake, 0);
      return result;
    },
    alive: () => alive,
    close: () => kill(named('Runtime.ExitError', `The environment of ${options.functionName} was closed`)),
  };
}

interface Listener {
  answer: OutstandingAnswer;
  log: EnvironmentOptions['log'];
  kill: (error: Error) => Promise<void>;
  onChunk: OnChunk;
}

function listen(worker: Worker, { answer, log, kill, onChunk }: Listener): void {
  worker.on('message', (message: EnvironmentMessage) => {
    if (message.type === 'log') return log(message.line, answer.requestId());
    if (message.type === 'chunk') return onChunk(message.chunk);
    if (message.type === 'failed') return answer.settle(fromErrorData(message.error));
    answer.settle(message.type === 'result' ? message.result : 'ready');
  });
  worker.on(
    'error',
    (thrown: unknown) => void kill(thrown instanceof Error ? thrown : new Error(String(thrown))),
  );
  worker.on(
    'exit',
    (code) => void kill(named('Runtime.ExitError', `Runtime exited with exit status ${code}`)),
  );
}

function startWorker(options: EnvironmentOptions, shared: Pick<EnvironmentData, 'wake' | 'calls'>): Worker {
  const { entry, handlerName, functionName, memoryMb } = options;
  return startThread(siblingModule('environment-thread', import.meta.url), {
    also: [entry],
    name: functionName,
    env: options.env,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    transferList: [shared.calls],
    workerData: {
      ...{ entry, handlerName, functionName, memoryMb, ...shared },
      portNames: Object.keys(options.ports),
      intercepted: options.faults !== undefined,
    } satisfies EnvironmentData,
  });
}

/** Port calls go to the host's objects; an intercept asks the faults, and a killed environment gets no answer. */
function withFaults(
  { ports, faults }: EnvironmentOptions,
  answer: OutstandingAnswer,
  kill: (error: Error) => Promise<void>,
): CallPort {
  const dispatch = dispatchTo(ports);
  return async (target, method, args) => {
    if (target !== INTERCEPT || !faults) return dispatch(target, method, args);
    const [port, portMethod, phase] = args as [string, string, 'before' | 'after'];
    const verdict = await faults.onPortCall(port, portMethod, phase, answer.requestId() ?? '');
    if (verdict === 'kill') await kill(named('Runtime.ExitError', `Killed ${phase} ${port}.${portMethod}`));
    return undefined;
  };
}

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

const initTimedOut = ({ entry, initTimeoutMs }: EnvironmentOptions) =>
  named('Sandbox.Timedout', `${entry} was not loaded within ${initTimeoutMs / 1000} seconds`);

const taskTimedOut = (requestId: string, timeoutMs: number) =>
  named(
    'Sandbox.Timedout',
    `${new Date().toISOString()} ${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  );
