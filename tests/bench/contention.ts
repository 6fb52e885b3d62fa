import { randomUUID } from 'node:crypto';
import {
  embeddedStore,
  type MemoryFanout,
  memoryConnections,
  memoryEventBus,
  memoryFanout,
} from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import { type Caller, contendedPartitions, type Ports, type StoragePorts, writeEntries } from '@mnemon/core';
import {
  type Ack,
  clientIdSchema,
  instanceIdSchema,
  parseServerFrame,
  type SpaceId,
  spaceIdSchema,
} from '@mnemon/protocol';
import { median, percentile, report } from './figures.ts';
import { direct, startProxy } from './proxy.ts';

const RUNS = 3;
const RUN_MS = 2_000;

/**
 * Durable batches per second of one space, by 1, 8 and 64 writers that each wait for their ack. The first batch of each
 * stands by itself: all begin at one moment, in a space that has yet to be opened, and each of them tries alone.
 */
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
    const runs: Awaited<ReturnType<typeof contend>>[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await contend(storage, writers));
    const perSecond = median(runs.map((each) => each.perSecond));
    if (writers === 1) alone = perSecond;
    const answers = runs.flatMap(({ first, later }) => [...first, ...later]);
    const p99 = (name: 'first' | 'later') =>
      median(
        runs.map((each) =>
          percentile(
            each[name].map(({ ms }) => ms),
            0.99,
          ),
        ),
      );
    report(`batches of ${writers} writers, ${name}`, {
      'per s': perSecond,
      'times one writer': perSecond / alone,
      'p99 ms': p99('later'),
      'of the first, p99 ms': p99('first'),
      refused: answers.filter(({ shared }) => shared === undefined).length,
      'shared, median': median(answers.flatMap(({ shared }) => shared ?? [])),
    });
  }
}

/** Writers that write one small batch after the other: a first one each, and then for a while. */
async function contend(storage: StoragePorts, writers: number) {
  const clock = { now: Date.now };
  const ports = {
    ...storage,
    fanout: memoryFanout(),
    connections: memoryConnections({ staleAfterMs: 60_000 }),
    bus: memoryEventBus(),
    clock,
    contended: contendedPartitions(clock),
    randomId: randomUUID,
  };
  const space = spaceIdSchema.parse(`bench-${randomUUID()}`);
  const all = Array.from({ length: writers }, (_, i) => makeWriter(ports, space, `writer-${i}`));
  const first = await Promise.all(all.map(({ write }) => write()));
  const startedAt = performance.now();
  const whileTimeLasts = async ({ write }: Writer) => {
    const acked: Acked[] = [];
    while (performance.now() < startedAt + RUN_MS) acked.push(await write());
    return acked;
  };
  const later = (await Promise.all(all.map(whileTimeLasts))).flat();
  const perSecond = later.length / ((performance.now() - startedAt) / 1000);
  await Promise.all(all.map(({ quiet }) => quiet()));
  return { first, later, perSecond };
}

interface Acked {
  ms: number;
  /** How many batches its commit shared; none when it was refused. */
  shared: number | undefined;
}

interface Writer {
  write(): Promise<Acked>;
  /** Who commits for others goes on after its own ack. */
  quiet(): Promise<unknown>;
}

function makeWriter(ports: Ports & { fanout: MemoryFanout }, space: SpaceId, name: string): Writer {
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
  ports.fanout.attach(name, {
    receive(text) {
      const parsed = parseServerFrame(text);
      const acks = parsed.ok && parsed.frame.type === 'changes' ? parsed.frame.payload.acks : undefined;
      for (const ack of acks ?? []) acked(ack);
    },
  });
  const calls: Promise<unknown>[] = [];
  let n = 0;
  return {
    async write() {
      n += 1;
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
      const call = writeEntries(ports, caller, { client, n, ops: [op] }, String(n));
      calls.push(call);
      const ackUnlessRefused = async () => ((await call) ? undefined : ack);
      const answer = await Promise.race([ack, ackUnlessRefused()]);
      return { ms: performance.now() - startedAt, shared: answer?.shared };
    },
    quiet: () => Promise.all(calls),
  };
}
