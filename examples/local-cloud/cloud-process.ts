import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../packages/local/start.mjs', import.meta.url));
const READY_MS = 60_000;

/** A local cloud in a process of its own, started as `npm start` starts it, so that it can be killed. */
export interface CloudProcess {
  url: string;
  /** As a power cut would: no goodbye, no flush. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the cloud says that it is up. */
export async function startCloudProcess(port: number, dataDir: string): Promise<CloudProcess> {
  const args = [START, '--port', String(port), '--data', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await announcedUrl(child);
  const end = async (signal: 'SIGKILL' | 'SIGINT') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return { url, kill: () => end('SIGKILL'), stop: () => end('SIGINT') };
}

function announcedUrl(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('the cloud has no output to read');
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    const read = (line: string) => {
      output += `${line}\n`;
      const url = /ws:\/\/\S+/.exec(line)?.[0];
      if (url) found = url;
      if (line.startsWith('Ready')) {
        clearTimeout(timer);
        resolve(found);
      }
    };
    let found = '';
    createInterface({ input: stdout }).on('line', read);
    createInterface({ input: stderr }).on('line', read);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`the cloud ended before it was ready:\n${output}`));
    });
  });
}
