import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from './error-data.ts';

/** What an execution environment's thread is started with. */
export interface EnvironmentData {
  entry: string;
  handlerName: string;
  functionName: string;
  memoryMb: number;
  /** Int32: counts wake-ups. The thread waits on it between invocations. */
  wake: SharedArrayBuffer;
  calls: MessagePort;
  portNames: string[];
  intercepted: boolean;
}

/** Host to environment. Events are JSON text: what JSON can't carry does not survive in Lambda either. */
export interface Invocation {
  requestId: string;
  event: string;
  deadlineMs: number;
}

/** Environment to host. */
export type EnvironmentMessage =
  | { type: 'ready' }
  | { type: 'result'; result: string }
  | { type: 'failed'; error: ErrorData }
  | { type: 'chunk'; chunk: Uint8Array }
  | { type: 'log'; line: string };

/** The target name under which an environment asks whether it is to be killed here. */
export const INTERCEPT = '$intercept';
