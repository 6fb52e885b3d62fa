import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { appSettings } from '../../../infra/stage.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** SST's own sources and their packages, which `sst install` puts there. */
export const PLATFORM = join(ROOT, '.sst/platform');

/** A slow network takes minutes for the 330 MB. */
const INSTALL_MS = 8 * 60_000;
const ASK_MS = 20_000;

/** Installs the platform where it is missing or another version's; answers why it could not. */
export async function installPlatform(): Promise<string | undefined> {
  if (isInstalled()) return undefined;
  if (!(await isRegistryThere())) return 'no registry of npm answers';
  console.log('Installing the platform of SST into .sst, once; it takes minutes …');
  const env = {
    ...process.env,
    DO_NOT_TRACK: '1',
    SST_TELEMETRY_DISABLED: '1',
    SST_SKIP_DEPENDENCY_CHECK: '1',
    SST_NO_BUN: '1',
  };
  try {
    const options = { cwd: ROOT, env, timeout: INSTALL_MS };
    await promisify(execFile)(join(ROOT, 'node_modules/.bin/sst'), ['install', '--stage', 'test'], options);
    return isInstalled() ? undefined : 'sst install did not install everything';
  } catch (error) {
    return `sst install: ${(error as Error).message.trim().split('\n').at(-1)}`;
  }
}

/** Asked once, for one package: an installation tries again and again for minutes before it says so. */
async function isRegistryThere(): Promise<boolean> {
  const args = ['view', 'sst', 'name', '--fetch-retries=0', '--prefer-online'];
  return promisify(execFile)('npm', args, { cwd: ROOT, timeout: ASK_MS }).then(
    () => true,
    () => false,
  );
}

function isInstalled(): boolean {
  const lock = join(ROOT, '.sst/provider-lock.json'); // written last
  if (!existsSync(lock) || !existsSync(join(PLATFORM, 'version'))) return false;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/sst/package.json'), 'utf8'));
  const locked = JSON.parse(readFileSync(lock, 'utf8')).map((each: { name: string }) => each.name);
  const isWhole = Object.keys(appSettings('test').providers).every((name) => locked.includes(name));
  return isWhole && readFileSync(join(PLATFORM, 'version'), 'utf8').trim() === version;
}
