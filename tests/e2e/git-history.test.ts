import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOddRepository } from './odd-repository.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/git-history.ts', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnemon-odd-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a history with odd names ends as git says, although the cloud is killed half-way', {
  timeout: 180_000,
}, async () => {
  const repository = join(folder, 'repository');
  await makeOddRepository({ path: repository, commits: 150, authors: 12, seed: 42 });
  const { code, output } = await run([repository, '--kill', '--data', join(folder, 'data')]);
  expect(output).toContain('All agree on');
  expect(code).toBe(0);
});

/** On the embedded engines: those that a kill -9 of the cloud takes down with it. */
async function run(args: string[]): Promise<{ code: number; output: string }> {
  const { MONGODB_URL, REDIS_URL, DYNAMODB_ENDPOINT, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', EXAMPLE, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, 'exit')) as [number];
  return { code, output };
}
