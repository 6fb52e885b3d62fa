import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOddRepository } from './odd-repository.ts';
import { runExample } from './run-example.ts';

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
  const { code, output } = await runExample('git-history.ts', [
    repository,
    '--kill',
    '--data',
    join(folder, 'data'),
  ]);
  expect(output).toContain('All agree on');
  expect(code).toBe(0);
});
