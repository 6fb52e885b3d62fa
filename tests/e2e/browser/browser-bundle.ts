import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface BrowserBundle {
  readonly script: string;
  /** How many bytes of it come from each file. */
  readonly bytesOf: ReadonlyMap<string, number>;
}

/** `entry` as a web application bundles it: one minified script. Throws where esbuild only warns. */
export async function browserBundle(entry: URL): Promise<BrowserBundle> {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
  });
  const [script] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  if (!script || !output || warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  const inputs = Object.entries(output.inputs);
  return {
    script: script.text,
    bytesOf: new Map(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput])),
  };
}
