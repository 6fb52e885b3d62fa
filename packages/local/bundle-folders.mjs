import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const DAY_MS = 24 * 60 * 60 * 1000;
const PIDS = '.pids';

/**
 * Notes that this process runs from the folder: it may load a part of it days later.
 *
 * @param {string} folder
 */
export async function markUsed(folder) {
  const now = new Date();
  await writeFile(join(folder, PIDS), `${process.pid}\n`, { flag: 'a' });
  await utimes(folder, now, now);
}

/**
 * Deletes the folders in `dist` that nobody has started from for a day and nobody runs from.
 *
 * @param {string} dist
 */
export async function removeUnused(dist) {
  for (const name of await readdir(dist)) {
    const folder = join(dist, name);
    const found = await stat(folder).catch(() => undefined); // another start may be clearing up, too
    if (!found || Date.now() - found.mtimeMs < DAY_MS || (await isRunning(folder))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

async function isRunning(folder) {
  const pids = await readFile(join(folder, PIDS), 'utf8').catch(() => '');
  return pids.split('\n').some((pid) => pid !== '' && isAlive(Number(pid)));
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's process
  }
}
