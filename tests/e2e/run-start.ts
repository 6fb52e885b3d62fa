import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../packages/local/start.mjs', import.meta.url));

/** What `npm start` runs, until it ends, on the backends that `env` names and no others. Output by lines. */
export async function runStart(args: string[], env: Record<string, string | undefined> = {}) {
  const { MONGODB_URL, REDIS_URL, DYNAMODB_ENDPOINT, ...own } = process.env;
  const child = spawn(process.execPath, [START, ...args], {
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString().trim().split('\n');
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout: stdout?.() ?? [], stderr: stderr?.() ?? [] };
}
