// Evaluates sst.config.ts for one stage as `sst deploy` does, with Pulumi's mocks in the place of its engine, and writes
// down what it would make. Runs as a bundle in .sst/platform, whose packages it needs: see synthesize.ts.
import { writeFileSync } from 'node:fs';
import * as aws from '@pulumi/aws';
import * as mongodbatlas from '@pulumi/mongodbatlas';
import { runtime } from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import * as upstash from '@upstash/pulumi';
import { run } from '#platform/auto/run.ts';
import * as sst from '#platform/components/index.ts';
import config from '../../../sst.config.ts';
import { mocks } from './mocks.mjs';
import { startRpc } from './rpc.mjs';

const [stage, graphFile, workDir] = process.argv.slice(2);
const root = process.cwd();
const app = await config.app({ stage });
Object.assign(globalThis.$app, app);
Object.assign(globalThis, {
  $dev: false,
  $cli: {
    command: 'deploy',
    paths: { root, platform: `${root}/.sst/platform`, work: workDir, home: workDir },
  },
  sst,
  aws,
  mongodbatlas,
  random,
  upstash,
});

const graph = { app, resources: [], builds: [] };
const retained = new Map();
process.env.SST_SERVER = await startRpc(graph.builds, root, workDir);
const isPreview = false; // in which what is undefined counts as not yet known
await runtime.setMocks(mocks(graph.resources), app.name, stage, isPreview);

await runtime.runInPulumiStack(() =>
  run(() => {
    // After SST's own, so that it sees what they did.
    runtime.registerStackTransformation(({ type, name, opts }) => {
      retained.set(`${type} ${name}`, opts.retainOnDelete ?? false);
    });
    return config.run();
  }),
);

// Resources are made while outputs resolve: all are there when nothing is left to do.
process.on('beforeExit', () => {
  for (const each of graph.resources) each.retained = retained.get(`${each.type} ${each.name}`);
  writeFileSync(graphFile, JSON.stringify(graph));
});
