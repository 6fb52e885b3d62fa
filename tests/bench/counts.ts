import { randomUUID } from 'node:crypto';
import { connectMongo, createIndexes, mongoEventLog } from '@mnemon/adapters/mongo';
import type { Mnemon } from '@mnemon/client';
import { GENESIS, seal } from '@mnemon/core';
import { clientIdSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import type { CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb';
import { connectMany, startBenchCloud } from './bench-cloud.ts';
import { report } from './figures.ts';

const COMMITS = 20;
const SUBSCRIBERS = 3;

/** What one acked commit costs, in calls: these do not vary with the machine. */
export async function benchCounts(): Promise<void> {
  const calls = new Map<string, number>();
  const invocations = new Set<string>();
  let posts = 0;
  const cloud = await startBenchCloud({
    gatewayFaults: {
      onPost: () => {
        posts += 1;
        return undefined;
      },
    },
    hostFaults: {
      onPortCall(port, method, phase, requestId) {
        invocations.add(requestId);
        if (phase === 'before') calls.set(`${port}.${method}`, (calls.get(`${port}.${method}`) ?? 0) + 1);
        return 'continue';
      },
    },
  });
  const names = ['writer', ...Array.from({ length: SUBSCRIBERS - 1 }, (_, i) => `reader-${i}`)];
  const all = await connectMany(cloud, names);
  await Promise.all(all.map((each) => each.entries()));
  calls.clear();
  invocations.clear();
  posts = 0;
  for (let i = 0; i < COMMITS; i++) await (all[0] as Mnemon).write('key', i);
  report(`calls per commit, ${SUBSCRIBERS} subscribers`, {
    invocations: invocations.size / COMMITS,
    'connection queries': (calls.get('connections.list') ?? 0) / COMMITS,
    'bus publishes': (calls.get('bus.publish') ?? 0) / COMMITS,
    posts: posts / COMMITS,
    'store calls': ((calls.get('log.load') ?? 0) + (calls.get('log.append') ?? 0)) / COMMITS,
  });
  await Promise.all(all.map((each) => each.close()));
  await cloud.close();
  await countMongoTrips();
}

/** Commands, and trips: commands that were under way together count as one. */
async function countMongoTrips(): Promise<void> {
  const url = process.env.MONGODB_URL;
  if (!url) return console.log('MongoDB round trips: skipped, MONGODB_URL is not set');
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}`, monitorCommands: true });
  await createIndexes(mongo.db);
  const log = mongoEventLog(mongo);
  const at = { space: spaceIdSchema.parse('counted'), partition: 0 };
  await log.open(at.space, 'epoch');
  const count = countCommands(mongo.db.client);
  await log.load({ ...at, keys: ['key'], mutations: [] });
  const author = instanceIdSchema.parse('writer');
  const entry = {
    key: 'key',
    version: 1,
    value: 1,
    clock: { writer: 1 },
    hlc: { wallMs: 1, counter: 0 },
    author,
  };
  const mutation = { client: clientIdSchema.parse('client'), n: 1, outcomes: [] };
  const commit = seal({
    ...at,
    seq: 1,
    epoch: 'epoch',
    author,
    committedAtMs: 1,
    events: [{ type: 'created', ...entry }],
    mutation,
    prevHash: GENESIS,
  });
  await log.append({
    ...at,
    commits: [commit],
    entries: [{ entry: { ...entry, ...at, seq: 1 }, loadedSeq: 0 }],
    settled: [],
  });
  report('MongoDB per commit', count());
  await mongo.db.dropDatabase();
  await mongo.close();
}

function countCommands(client: MongoClient): () => { commands: number; 'round trips': number } {
  let commands = 0;
  let trips = 0;
  let underWay = 0;
  client.on('commandStarted', (_: CommandStartedEvent) => {
    commands += 1;
    if (underWay++ === 0) trips += 1;
  });
  client.on('commandSucceeded', (_: CommandSucceededEvent) => {
    underWay -= 1;
  });
  return () => ({ commands, 'round trips': trips });
}
