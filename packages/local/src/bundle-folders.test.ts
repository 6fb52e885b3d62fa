import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markUsed, removeUnused } from '../bundle-folders.mjs';

const HOUR_MS = 3_600_000;

let dist: string;
beforeEach(async () => {
  dist = await mkdtemp(join(tmpdir(), 'mnemon-dist-'));
});
afterEach(() => rm(dist, { recursive: true }));

/** A bundle that somebody started from so long ago. */
async function bundleOf(name: string, hoursAgo: number, pids = ''): Promise<void> {
  const folder = join(dist, name);
  await mkdir(folder);
  await writeFile(join(folder, 'start.mjs'), '');
  if (pids) await writeFile(join(folder, '.pids'), pids);
  const then = new Date(Date.now() - hoursAgo * HOUR_MS);
  await utimes(folder, then, then);
}

const endedPid = () => spawnSync(process.execPath, ['--version']).pid;

test('a bundle goes when nobody started from it for a day, and nobody runs from it', async () => {
  await bundleOf('yesterday', 25, `${endedPid()}\n`);
  await bundleOf('half-made.123', 25);
  await bundleOf('today', 23);
  await bundleOf('running', 100, `${endedPid()}\n${process.pid}\n`);
  await removeUnused(dist);
  expect((await readdir(dist)).sort()).toEqual(['running', 'today']);
});

test('who starts from an old one keeps it', async () => {
  await bundleOf('old', 100);
  await markUsed(join(dist, 'old'));
  await removeUnused(dist);
  expect(await readdir(dist)).toEqual(['old']);
});
