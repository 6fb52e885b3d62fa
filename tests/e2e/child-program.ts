import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program in a process of its own, which says it is `ready`. */
export async function startProgram(file: string, args: readonly string[]): Promise<ChildProcess> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(program, [...args], { execArgv: ['--import', 'tsx'] });
  const [said] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (said !== 'ready') throw new Error(`${file} did not start`);
  return child;
}

/** Ends it as a power cut would. */
export async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
