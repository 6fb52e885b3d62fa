import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** The signing secret of a local cloud: kept with its data, so that tokens survive a restart. */
export async function devSecret(dataDir: string | undefined): Promise<string> {
  const fresh = randomBytes(32).toString('base64url');
  if (dataDir === undefined) return fresh;
  await makeFolder(dataDir);
  const path = join(dataDir, 'auth-secret');
  const whole = `${path}.${randomBytes(6).toString('hex')}`;
  // Written first and named then: whoever is killed here leaves no secret or a whole one.
  await writeFile(whole, fresh, { mode: 0o600 });
  try {
    await link(whole, path);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const kept = (await readFile(path, 'utf8')).trim();
    if (kept !== '') return kept;
    await rename(whole, path);
    return fresh;
  } finally {
    await rm(whole, { force: true });
  }
}
