import type { HostFaults } from './environment.ts';
import { type LambdaFunction, type LambdaFunctionOptions, startLambdaFunction } from './lambda-function.ts';

export type { CallFate, HostFaults } from './environment.ts';
export type { LambdaFunction, LambdaFunctionOptions } from './lambda-function.ts';

export interface LambdaHostOptions {
  /** Objects of this thread that handlers call through `globalThis[Symbol.for('mnemon.host')].ports`. */
  ports?: Record<string, object>;
  /** Given: handlers get an `intercept` that asks it, around each port call, whether to die there. */
  faults?: HostFaults;
  /** Receives each line that a handler prints, and how invocations failed. */
  log?: (line: string, origin: LogOrigin) => void;
}

export interface LogOrigin {
  functionName: string;
  requestId: string | undefined;
}

export interface LambdaHost {
  /** Resolves when the function's `minEnvironments` are warm. */
  addFunction(options: LambdaFunctionOptions): Promise<LambdaFunction>;
  /** Ends all environments, in the middle of an event if need be. */
  close(): Promise<void>;
}

/** AWS Lambda acted out on threads: real handler modules in environments that freeze between two events. */
export function startLambdaHost(options: LambdaHostOptions = {}): LambdaHost {
  const { ports = {}, faults, log = () => {} } = options;
  const functions: Promise<LambdaFunction>[] = [];
  return {
    addFunction(functionOptions) {
      const { name: functionName } = functionOptions;
      const note = (line: string, requestId: string | undefined) => log(line, { functionName, requestId });
      const started = startLambdaFunction(functionOptions, { ports, faults, note });
      functions.push(started);
      return started;
    },
    async close() {
      // One that did not start has closed itself.
      const started = (await Promise.allSettled(functions)).filter((each) => each.status === 'fulfilled');
      await Promise.all(started.map(({ value }) => value.close()));
    },
  };
}
