import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The client as a web application bundles it: one minified script, of what the package offers to browsers. */
export async function browserBundle(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const [script] = outputFiles;
  if (!script) throw new Error(`nothing came of ${entry.href}`);
  return script.text;
}
