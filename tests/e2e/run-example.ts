import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** Runs `examples/NAME`, on embedded engines: those that a kill -9 of the cloud takes down with it. */
export async function runExample(name: string, args: string[]): Promise<{ code: number; output: string }> {
  const { MONGODB_URL, REDIS_URL, DYNAMODB_ENDPOINT, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', `${EXAMPLES}/${name}`, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}
