import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JsonValue, MemorySyncManager } from '@mnemon/client';

type Method = {
  [Name in keyof MemorySyncManager]: MemorySyncManager[Name] extends (...args: never[]) => unknown
    ? Name
    : never;
}[keyof MemorySyncManager];

export interface Asked {
  id: number;
  method: Method;
  args: unknown[];
}
interface Heard {
  key: string;
  value: JsonValue | null;
}
export interface Said {
  id?: number;
  result?: unknown;
  error?: string;
  heard?: Heard;
}

/** A manager in a process of its own. */
export interface ManagerProcess {
  /** Calls a method there; `subscribe` resolves once it is live, and what it hears is in `heard`. */
  call(method: Method, ...args: unknown[]): Promise<unknown>;
  readonly heard: readonly Heard[];
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  shutdown(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('manager-process.fixture.ts', import.meta.url));

export async function startManager(url: string, token: string, workerId: string): Promise<ManagerProcess> {
  const child: ChildProcess = fork(PROGRAM, [url, token, workerId], { execArgv: ['--import', 'tsx'] });
  const exited = once(child, 'exit');
  const heard: Heard[] = [];
  const waiting = new Map<number, (said: Said) => void>();
  let lastId = 0;
  const ready = once(child, 'message');
  child.on('message', (said: Said) => {
    if (said.heard) heard.push(said.heard);
    if (said.id !== undefined) waiting.get(said.id)?.(said);
  });

  async function call(method: Method, ...args: unknown[]): Promise<unknown> {
    const id = ++lastId;
    const answer = new Promise<Said>((resolve) => waiting.set(id, resolve));
    child.send({ id, method, args } satisfies Asked);
    const { result, error } = await Promise.race([
      answer,
      exited.then(([code]): Said => ({ error: `it ended with ${code}` })),
    ]);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  const isUp = await Promise.race([ready.then(() => true), exited.then(() => false)]);
  if (!isUp) throw new Error(`${workerId} did not start`);
  heard.length = 0;
  return {
    call,
    heard,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async shutdown() {
      await call('shutdown');
      await exited;
    },
  };
}
