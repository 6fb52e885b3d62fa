import { join } from 'node:path';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connectMongo, mongoStorage } from '@mnemon/adapters/mongo';
import { type StoragePorts, verify } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { keyOf } from './path-key.ts';
import type { Files, ReplayResult } from './replay.ts';

export interface VerdictOptions {
  result: ReplayResult;
  /** Path -> blob of HEAD. */
  tree: ReadonlyMap<string, string> | undefined;
  dataDir: string;
  space: SpaceId;
}

/** Prints what the replay came to, and answers whether everything agrees. */
export async function verdictOn({ result, tree, dataDir, space }: VerdictOptions): Promise<boolean> {
  const { commits, seconds, deliveries, connects, reconnects, reloads, service, observers } = result;
  const perSecond = Math.round(commits / seconds);
  console.log(
    `${commits} commits in ${seconds.toFixed(1)} s (${perSecond} commits/s), ${deliveries} deliveries`,
  );
  console.log(`${connects} connects of authors, ${reconnects} reconnects, ${reloads} reloads of observers`);
  const differences = observers.map((observer, index) => compare(`observer ${index + 1}`, observer, service));
  if (tree) {
    const expected = new Map([...tree].map(([path, blob]) => [keyOf(path), blob]));
    differences.push(compare('git ls-tree', expected, service));
  }
  const chain = await verifyLog(dataDir, space);
  if (chain.intact)
    console.log(`hash chain: intact over ${chain.end.seq} commits, head ${chain.end.hash.slice(0, 16)}`);
  else console.log(`hash chain: ${chain.problem} at ${chain.seq}`);
  const isGood = chain.intact && reloads === 0 && differences.every((count) => count === 0);
  console.log(isGood ? `All agree on ${service.size} files.` : 'They do not agree.');
  return isGood;
}

/** How many files differ; prints the first few. */
function compare(name: string, files: Files, service: Files): number {
  const keys = new Set([...files.keys(), ...service.keys()]);
  const different = [...keys].filter((key) => files.get(key) !== service.get(key));
  console.log(`${name}: ${files.size} files, ${different.length} different from the service's`);
  for (const key of different.slice(0, 5))
    console.log(`  ${key}: ${files.get(key)} against ${service.get(key)}`);
  return different.length;
}

/** Reads the log where the cloud, which has ended, kept it. */
async function verifyLog(dataDir: string, space: SpaceId) {
  const store = await openStore(dataDir);
  try {
    return await verify(store, { space, partition: 0 });
  } finally {
    await store.close();
  }
}

async function openStore(dataDir: string): Promise<StoragePorts & { close: () => Promise<void> }> {
  const url = process.env.MONGODB_URL;
  if (!url) return embeddedStore({ path: join(dataDir, 'memory') });
  const mongo = connectMongo({ url, dbName: 'mnemon' });
  return { ...mongoStorage(mongo), close: () => mongo.close() };
}
