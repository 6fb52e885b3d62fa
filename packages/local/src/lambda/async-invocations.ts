import { randomUUID } from 'node:crypto';

export interface AsyncInvocationsOptions {
  invoke: (requestId: string, event: string) => Promise<string>;
  retryDelaysMs: readonly number[];
  note: (line: string, requestId: string) => void;
}

/** Lambda's asynchronous invocations: nobody waits for the result, a failure is retried under the same id. */
export function asyncInvocations({ invoke, retryDelaysMs, note }: AsyncInvocationsOptions) {
  const retries = new Set<NodeJS.Timeout>();
  let stopped = false;

  async function attempt(requestId: string, event: string, delaysMs: readonly number[]): Promise<void> {
    try {
      await invoke(requestId, event);
    } catch {
      if (stopped) return;
      const [delayMs, ...later] = delaysMs;
      if (delayMs === undefined) return note('Asynchronous invocation given up', requestId);
      note(`Asynchronous invocation is tried again in ${delayMs} ms`, requestId);
      const timer = setTimeout(() => {
        retries.delete(timer);
        void attempt(requestId, event, later);
      }, delayMs);
      retries.add(timer);
    }
  }

  return {
    add: (event: string): void => void attempt(randomUUID(), event, retryDelaysMs),
    stop(): void {
      stopped = true;
      for (const timer of retries) clearTimeout(timer);
    },
  };
}
