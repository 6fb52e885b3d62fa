import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PLATFORM, ROOT } from './platform.ts';

export interface Resource {
  type: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shapes of AWS, of which each expectation knows its own
  inputs: any;
  /** Inputs that the state keeps encrypted. */
  secret: string[];
  /** Kept by `sst remove`. */
  retained: boolean;
}

/** What a deployment of a stage would make. */
export interface Graph {
  app: { name: string; removal: string; protect: boolean };
  resources: Resource[];
  /** The functions that SST was asked to build. */
  builds: { functionID: string; handler: string; links: string[]; runtime: string }[];
}

/** Changes what stands in `infra/FILE`, to see who notices. */
export interface Mutation {
  file: string;
  from: string;
  to: string;
}

// All that is used of it: the platform's own is older than the one that the types here are of.
interface Esbuild {
  build(options: object): Promise<unknown>;
}

interface PluginBuild {
  onLoad(
    options: object,
    load: (args: { path: string }) => Promise<{ contents: string; loader: string }>,
  ): void;
}

const SECRETS = {
  SST_SECRET_MongoUrl: 'mongodb+srv://user:password@cluster.example.net',
  SST_SECRET_UpstashUrl: 'https://example.upstash.io',
  SST_SECRET_UpstashToken: 'upstash-token',
  SST_SECRET_AtlasOrgId: 'atlas-organisation',
  SST_SECRET_AuthSecrets: 'a-secret-that-is-only-for-this-test-of-infrastructure',
};

/** A configuration, bundled with the platform's sources; its stages can be synthesised until it is removed. */
export interface Synthesizer {
  /** Evaluates the configuration in a process of its own; rejects with what that printed when it fails. */
  synthesize(stage: string): Promise<Graph>;
  remove(): Promise<void>;
}

let programs = 0;

/** Bundles by the platform's own esbuild, as SST does. */
export async function synthesizer(mutation?: Mutation): Promise<Synthesizer> {
  // Where it finds the platform's packages.
  const program = join(PLATFORM, `synthesis-${process.pid}-${programs++}.mjs`);
  const { build } = createRequire(join(PLATFORM, 'package.json'))('esbuild') as Esbuild;
  await build({
    entryPoints: [join(import.meta.dirname, 'program.mjs')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    inject: [join(PLATFORM, 'src/shim/run.js')],
    alias: { '#platform': join(PLATFORM, 'src') },
    external: [
      '@pulumi/*',
      '@pulumiverse/*',
      '@upstash/*',
      '@aws-sdk/*',
      'esbuild',
      'archiver',
      'glob',
      'undici',
      'lightningcss',
    ],
    banner: { js: BANNER },
    plugins: mutation ? [mutate(mutation)] : [],
    logLevel: 'warning',
  });
  return {
    synthesize: (stage) => runProgram(program, stage),
    remove: () => rm(program, { force: true }),
  };
}

// The platform's modules ask for the stage while they load.
const BANNER = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);
globalThis.$app = { stage: process.argv[2] };`;

const mutate = ({ file, from, to }: Mutation) => ({
  name: 'mutate',
  setup(build: PluginBuild) {
    build.onLoad({ filter: new RegExp(`/infra/${file}$`) }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(from)) throw new Error(`infra/${file} does not have ${from}`);
      return { contents: source.replace(from, to), loader: 'ts' };
    });
  },
});

async function runProgram(program: string, stage: string): Promise<Graph> {
  const workDir = await mkdtemp(join(tmpdir(), 'mnemon-synthesis-'));
  try {
    const graphFile = join(workDir, 'graph.json');
    const env = { PATH: process.env.PATH, ...SECRETS };
    await promisify(execFile)(process.execPath, [program, stage, graphFile, workDir], { cwd: ROOT, env });
    return JSON.parse(await readFile(graphFile, 'utf8')) as Graph;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
