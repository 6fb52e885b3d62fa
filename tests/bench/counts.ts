import type { Mnemon } from '@mnemon/client';
import { countingBackends } from './backend-calls.ts';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { report } from './figures.ts';

const COMMITS = 20;
const SUBSCRIBERS = 3;

/** What one acked commit of one operation costs, in calls: these do not vary with the machine. */
export async function benchCounts(): Promise<void> {
  const ports = new Map<string, number>();
  const invocations = new Set<string>();
  let posts = 0;
  let underWay = 0;
  const real = await countingBackends(process.env);
  const cloud = await startBenchCloud({
    backends: real.backends,
    gatewayFaults: {
      onPost: () => {
        posts += 1;
        return undefined;
      },
    },
    hostFaults: {
      onPortCall(port, method, phase, requestId) {
        invocations.add(requestId);
        const name = `${port}.${method}`;
        underWay += phase === 'before' ? 1 : -1;
        if (phase === 'before') ports.set(name, (ports.get(name) ?? 0) + 1);
        return 'continue';
      },
    },
  });
  const names = ['writer', ...Array.from({ length: SUBSCRIBERS - 1 }, (_, i) => `reader-${i}`)];
  const { instances: all } = await connectMany(cloud, names);
  await Promise.all(all.map((each) => each.entries()));
  for (let i = 0; i < COMMITS; i++) await (all[0] as Mnemon).write('key', i); // until every pool has its connections
  const quiet = async () => {
    while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 5)); // an ack is not the end of its invocation
  };
  await quiet();
  ports.clear();
  invocations.clear();
  posts = 0;
  const before = { ...real.calls };
  for (let i = 0; i < COMMITS; i++) await (all[0] as Mnemon).write('key', i);
  await quiet();
  report(`calls per commit of 1, ${SUBSCRIBERS} subscribers`, {
    invocations: invocations.size / COMMITS,
    'connection queries': (ports.get('connections.list') ?? 0) / COMMITS,
    'bus publishes': (ports.get('bus.publish') ?? 0) / COMMITS,
    posts: posts / COMMITS,
    'store calls': ((ports.get('log.load') ?? 0) + (ports.get('log.append') ?? 0)) / COMMITS,
  });
  for (const [name, variable] of ENGINES) {
    if (!process.env[variable]) console.log(`${name}: skipped, ${variable} is not set`);
    else report(name, { 'per commit': (real.calls[name] - before[name]) / COMMITS });
  }
  await Promise.all(all.map((each) => each.close()));
  await cloud.close();
  await real.close();
}

const ENGINES = [
  ['MongoDB commands', 'MONGODB_URL'],
  ['MongoDB round trips', 'MONGODB_URL'],
  ['DynamoDB requests', 'DYNAMODB_ENDPOINT'],
  ['Redis commands', 'REDIS_URL'],
] as const;
