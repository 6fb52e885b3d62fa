import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { markUsed, removeUnused } from './bundle-folders.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Everything that starts on its own: the program, its threads, and the handlers, bundled as a deployment bundles them. */
const ENTRIES = {
  start: join(here, 'src/start.ts'),
  cloud: join(here, 'src/cloud.ts'),
  'environment-thread': join(here, 'src/lambda/environment-thread.ts'),
  authorizer: join(here, '../functions/src/ws/authorizer.ts'),
  'fan-out': join(here, '../functions/src/ws/fan-out.ts'),
  ...schedules(),
  http: join(here, '../functions/src/http/handler.ts'),
  stream: join(here, '../functions/src/http/stream.ts'),
  message: join(here, '../functions/src/ws/message.ts'),
};

/** Every schedule, by its name. */
function schedules() {
  const folder = join(here, '../functions/src/schedules');
  const files = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
  return Object.fromEntries(files.map((file) => [basename(file, '.ts'), join(folder, file)]));
}

/** CommonJS inside the bundle asks for built-in modules with `require`. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/**
 * Bundles the sources, which takes half a second, and answers the folder that holds the result. It is named after its
 * content, so that programs that start at once, or from different sources, never see half of one.
 *
 * @returns {Promise<string>}
 */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: ENTRIES,
    outdir: join(here, 'dist'),
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    conditions: ['node'],
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    banner: { js: REQUIRE },
    // Loaded as they are: they look for files of their own, or for optional packages.
    external: ['ioredis', 'mongodb', 'ws', 'tsx', 'esbuild'],
    logLevel: 'warning',
  });
  const hash = createHash('sha256');
  for (const file of outputFiles) hash.update(file.path).update(file.contents);
  const dist = join(here, 'dist');
  const folder = join(dist, hash.digest('hex').slice(0, 16));
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  await Promise.all(outputFiles.map((file) => writeFile(join(fresh, basename(file.path)), file.contents)));
  // Who comes second finds the folder there, with the same in it.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }));
  await markUsed(folder);
  await removeUnused(dist);
  return folder;
}
