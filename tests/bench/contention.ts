import { randomUUID } from 'node:crypto';
import { embeddedStore, memoryConnections, memoryEventBus, memoryFanout } from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import { type Caller, contendedPartitions, type Ports, type StoragePorts, writeEntries } from '@mnemon/core';
import {
  type Ack,
  clientIdSchema,
  instanceIdSchema,
  parseServerFrame,
  spaceIdSchema,
} from '@mnemon/protocol';
import { median, percentile, report } from './figures.ts';
import { direct, startProxy } from './proxy.ts';

const RUNS = 3;
const RUN_MS = 2_000;

/** Durable batches per second of one space, by 1, 8 and 64 writers that each wait for their ack. */
export async function benchContention(): Promise<void> {
  await benchStorage('embedded', embeddedStore());
  const url = process.env.MONGODB_URL;
  if (!url) return console.log('MongoDB: skipped, MONGODB_URL is not set');
  await onMongo('MongoDB', url);
  const proxy = await startProxy(new URL(url), { delayMs: 2 });
  await onMongo('MongoDB, 2 ms further away', direct(proxy.url));
  await proxy.close();
}

async function onMongo(name: string, url: string): Promise<void> {
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}`, maxPoolSize: 64 });
  await migrate(mongo.db);
  await benchStorage(name, mongoStorage(mongo));
  await mongo.db.dropDatabase();
  await mongo.close();
}

async function benchStorage(name: string, storage: StoragePorts): Promise<void> {
  let alone = Number.NaN;
  for (const writers of [1, 8, 64]) {
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await contend(storage, writers));
    const perSecond = median(runs.map((each) => each.perSecond));
    if (writers === 1) alone = perSecond;
    report(`batches of ${writers} writers, ${name}`, {
      'per s': perSecond,
      'times one writer': perSecond / alone,
      'p99 ms': median(runs.map((each) => percentile(each.times, 0.99))),
      refused: runs.reduce((sum, each) => sum + each.refused, 0),
      'shared, median': median(runs.flatMap((each) => each.shared)),
    });
  }
}

/** Writers that write one small batch after the other for a while. */
async function contend(storage: StoragePorts, writers: number) {
  const fanout = memoryFanout();
  const clock = { now: Date.now };
  const ports: Ports = {
    ...storage,
    fanout,
    connections: memoryConnections({ staleAfterMs: 60_000 }),
    bus: memoryEventBus(),
    clock,
    contended: contendedPartitions(clock),
    randomId: randomUUID,
  };
  const space = spaceIdSchema.parse(`bench-${randomUUID()}`);
  const result = { times: [] as number[], shared: [] as number[], refused: 0 };
  const untilMs = performance.now() + RUN_MS;
  const write = async (name: string) => {
    const client = clientIdSchema.parse(name);
    const caller: Caller = {
      space,
      instanceId: instanceIdSchema.parse(name),
      userId: name,
      grants: [{ pattern: '**', access: 'write' }],
      tokenExpiresAtMs: Date.now() + 3_600_000,
      connectionId: name,
      connectedAtMs: Date.now(),
    };
    let acked: (ack: Ack) => void = () => {};
    fanout.attach(name, {
      receive(text) {
        const parsed = parseServerFrame(text);
        const acks = parsed.ok && parsed.frame.type === 'changes' ? parsed.frame.payload.acks : undefined;
        for (const ack of acks ?? []) acked(ack);
      },
    });
    for (let n = 1; performance.now() < untilMs; n++) {
      const ack = new Promise<Ack>((resolve) => {
        acked = resolve;
      });
      const startedAt = performance.now();
      const op = {
        op: 'put' as const,
        key: `${name}/${n % 10}`,
        value: n,
        seen: {},
        hlc: { wallMs: Date.now(), counter: 0 },
      };
      if (await writeEntries(ports, caller, { client, n, ops: [op] }, String(n))) result.refused += 1;
      else result.shared.push((await ack).shared);
      result.times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, i) => write(`writer-${i}`)));
  return { ...result, perSecond: result.times.length / ((performance.now() - startedAt) / 1000) };
}
