import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type OutputFile } from 'esbuild';

const SOURCES = fileURLToPath(new URL('../../../packages/functions/src', import.meta.url));

/** Everything that is deployed, by its path under `packages/functions/src`. */
export const HANDLERS = [
  'ws/authorizer',
  'ws/message',
  'ws/fan-out',
  'http/handler',
  'http/stream',
  'deploy/migrate',
  ...readdirSync(`${SOURCES}/schedules`)
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => `schedules/${file.replace(/\.ts$/, '')}`),
];

// As SST has it: bundled CommonJS asks for these.
const BANNER = `import { createRequire as requireOf } from 'node:module';
import { fileURLToPath as pathOf } from 'node:url';
const require = requireOf(import.meta.url);
const __filename = pathOf(import.meta.url);
const __dirname = pathOf(new URL('.', import.meta.url));`;

/** Those that SST passes to esbuild for what `infra/functions.ts` says. */
const OPTIONS = {
  write: false,
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'esnext',
  format: 'esm',
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  logLevel: 'error',
} as const satisfies BuildOptions;

export interface FunctionBundle {
  files: OutputFile[];
  /** The output that Lambda imports. */
  entry: string;
  meta: Metafile;
}

/** Bundles a handler; nothing is written. */
export async function bundleFunction(handler: string, outdir: string): Promise<FunctionBundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: { bundle: `${SOURCES}/${handler}.ts` },
    outdir,
    absWorkingDir: SOURCES,
    outExtension: { '.js': '.mjs' },
    ...OPTIONS,
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, { entryPoint }]) => entryPoint === `${handler}.ts`)?.[0];
  if (entry === undefined) throw new Error(`${handler} is in no output`);
  return { files: outputFiles, entry, meta: metafile };
}

export const gzippedBytes = ({ files }: FunctionBundle): number =>
  files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);

/** The npm packages whose code is evaluated when the bundle is imported: what is imported dynamically is not. */
export function packagesAtStart({ meta, entry }: FunctionBundle): string[] {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const output = meta.outputs[path];
    if (!output || seen.has(path)) return;
    seen.add(path);
    for (const each of output.imports) if (each.kind === 'import-statement') visit(each.path);
  };
  visit(entry);
  const inputs = [...seen].flatMap((path) => Object.keys(meta.outputs[path]?.inputs ?? {}));
  const names = inputs.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '');
  return [...new Set(names.filter((name) => name !== ''))].sort();
}
