import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bundleFunction, HANDLERS } from '../infra/bundles/function-bundle.ts';
import { medians, report } from './figures.ts';

/** Enough for `compose`: nothing is connected to before the first event. */
const ENV = {
  AUTH_SECRETS: 'a-secret-that-is-only-for-this-benchmark',
  CONNECTIONS_TABLE: 'connections',
  TICKETS_TABLE: 'tickets',
  MANAGEMENT_ENDPOINT: 'https://api.example.com/live',
  MONGODB_URL: 'mongodb://127.0.0.1:1',
  UPSTASH_REDIS_REST_URL: 'https://redis.example.com',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

const RUNS = 3;

/** What Lambda calls INIT, of each function as it is deployed: importing the bundle, which composes the adapters. */
export async function benchInit(): Promise<void> {
  for (const handler of HANDLERS) {
    const folder = await mkdtemp(join(tmpdir(), 'mnemon-init-'));
    try {
      const { files } = await bundleFunction(handler, folder);
      await Promise.all(files.map(({ path, contents }) => writeFile(path, contents)));
      const { initMs } = await medians(RUNS, async () => ({
        initMs: await timeInit(join(folder, 'bundle.mjs')),
      }));
      report(`INIT of ${handler}`, { 'import and compose ms': initMs });
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function timeInit(file: string): Promise<number> {
  const program = `globalThis.awslambda = { streamifyResponse: (handler) => handler }; // Lambda's own
const startedAt = performance.now();
await import(${JSON.stringify(pathToFileURL(file).href)});
console.log(performance.now() - startedAt);
process.exit();`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH, ...ENV },
  });
  return Number(stdout.trim().split('\n').at(-1));
}
