import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOddRepository } from './odd-repository.ts';
import { runExample } from './run-example.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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
  expect(output, 'while writing').toMatch(/killed with [1-9]\d* writes on their way/);
  expect(code).toBe(0);
});

const whyNot = whyNotThisHistory();
if (whyNot) console.log(`skipped: this project's own history, because ${whyNot}`);
test.skipIf(whyNot)("this project's own history ends as git says", { timeout: 180_000 }, async () => {
  const { code, output } = await runExample('git-history.ts', [ROOT, '--data', join(folder, 'own')]);
  expect(output).toContain('All agree on');
  expect(code).toBe(0);
});

function whyNotThisHistory(): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', ROOT, 'rev-parse', '--is-shallow-repository']);
  if (status !== 0) return 'it is not here: this is no clone';
  return String(stdout).trim() === 'true' ? 'this clone is shallow' : undefined;
}
