// The inside of one execution environment: loads a handler module, then serves one event at a time.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
  type EnvironmentData,
  type EnvironmentMessage,
  INTERCEPT,
  type Invocation,
} from './environment-wire.ts';
import { toErrorData } from './error-data.ts';
import { callsOver, remoteObject } from './port-calls.ts';
import { awslambda, isStreaming, responseStream } from './response-streaming.ts';

type Handler = (event: unknown, context: object) => unknown;

const data = workerData as EnvironmentData;
const wake = new Int32Array(data.wake);

const post = (message: EnvironmentMessage) => parentPort?.postMessage(message);

redirectOutput();
offerHost();
await serve(await loadHandler());

/**
 * All output, console's included, is posted as log lines at once. The thread's own streams need a running event
 * loop to flush, and this one is blocked most of the time.
 */
function redirectOutput(): void {
  const write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    for (const line of text.replace(/\n$/, '').split('\n')) post({ type: 'log', line });
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}

/** Puts what the host offers to its handlers where they look for it, before their module is evaluated. */
function offerHost(): void {
  const call = callsOver(data.calls);
  const ports = Object.fromEntries(data.portNames.map((name) => [name, remoteObject(name, call)]));
  const intercept = data.intercepted
    ? (port: string, method: string, phase: 'before' | 'after') =>
        call(INTERCEPT, 'ask', [port, method, phase])
    : undefined;
  Object.assign(globalThis, { [Symbol.for('mnemon.host')]: { ports, intercept }, awslambda });
}

async function loadHandler(): Promise<Handler> {
  try {
    const loaded = (await import(data.entry)) as Record<string, unknown>;
    const handler = loaded[data.handlerName];
    if (typeof handler === 'function') return handler as Handler;
    throw new Error(`${data.entry} does not export a function named ${data.handlerName}`);
  } catch (error) {
    post({ type: 'failed', error: toErrorData(error) });
    throw error;
  }
}

async function serve(handler: Handler): Promise<never> {
  post({ type: 'ready' });
  for (;;) {
    const { requestId, event, deadlineMs } = nextInvocation();
    try {
      const result = await run(handler, JSON.parse(event), contextOf(requestId, deadlineMs));
      post({ type: 'result', result: JSON.stringify(result) ?? 'null' });
    } catch (error) {
      post({ type: 'failed', error: toErrorData(error) });
    }
  }
}

async function run(handler: Handler, event: unknown, context: object): Promise<unknown> {
  if (!isStreaming(handler)) return handler(event, context);
  const { stream, finished } = responseStream((chunk) => post({ type: 'chunk', chunk }));
  await Promise.all([handler(event, stream, context), finished]);
  return undefined;
}

/**
 * Blocks the thread until there is an event. This is the freeze of a Lambda environment: between two events no timer,
 * socket or stray promise of the handler makes any progress, and all of them go on where they were with the next one.
 */
function nextInvocation(): Invocation {
  if (!parentPort) throw new Error('An execution environment runs in a worker thread');
  for (;;) {
    const wakeUps = Atomics.load(wake, 0);
    const received = receiveMessageOnPort(parentPort) as { message: Invocation } | undefined;
    if (received) return received.message;
    Atomics.wait(wake, 0, wakeUps);
  }
}

function contextOf(requestId: string, deadlineMs: number) {
  return {
    awsRequestId: requestId,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${process.env.AWS_REGION}:000000000000:function:${data.functionName}`,
    memoryLimitInMB: String(data.memoryMb),
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}
