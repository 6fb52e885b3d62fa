import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { embeddedStore } from '@mnemon/adapters/memory';
import { connectMongo, migrate, mongoStorage } from '@mnemon/adapters/mongo';
import {
  type Append,
  GENESIS,
  type Manifest,
  type PartitionId,
  type StoragePorts,
  seal,
  snapshotEntries,
  takeSnapshot,
} from '@mnemon/core';
import { type ClientId, type Entry, type InstanceId, spaceIdSchema } from '@mnemon/protocol';
import { median, report } from './figures.ts';

const EMBEDDED = 'embedded';
const RUNS = 3;
const SIZES = [10_000, 100_000];
const ENTRIES_PER_COMMIT = 100;

/** Taking a snapshot and reading it back, against the number of entries: time grows with it, memory in use does not. */
export async function benchSnapshots(): Promise<void> {
  const { close, ...embedded } = embeddedStore();
  await benchStorage(EMBEDDED, embedded);
  await close();
  const url = process.env.MONGODB_URL;
  if (!url) return console.log('MongoDB: skipped, MONGODB_URL is not set');
  const mongo = connectMongo({ url, dbName: `bench-${randomUUID()}` });
  await migrate(mongo.db);
  await benchStorage('MongoDB', mongoStorage(mongo));
  await mongo.db.dropDatabase();
  await mongo.close();
}

async function benchStorage(name: string, storage: StoragePorts): Promise<void> {
  for (const size of SIZES) {
    const at = await fill(storage, size);
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await measure(storage, at));
    const [takeMs, loadMs] = [
      median(runs.map((each) => each.takeMs)),
      median(runs.map((each) => each.loadMs)),
    ];
    report(`snapshot of ${size.toLocaleString('en')} entries, ${name}`, {
      'taken in ms': takeMs,
      'entries/s': (size / takeMs) * 1_000,
      'loaded in ms': loadMs,
      chunks: runs[0]?.chunks ?? 0,
      // An embedded store keeps the chunks on the same heap.
      ...(name !== EMBEDDED && { 'heap in use, most, MB': await peakMbOf(storage, at) }),
    });
  }
}

async function measure(storage: StoragePorts, at: PartitionId) {
  const startedAt = performance.now();
  const manifest = await take(storage, at);
  const takeMs = performance.now() - startedAt;
  let count = 0;
  for await (const entries of snapshotEntries(storage, at, manifest)) count += entries.length;
  const loadMs = performance.now() - startedAt - takeMs;
  if (count === 0) throw new Error('an empty snapshot');
  await forget(storage, at, manifest);
  return { takeMs, loadMs, chunks: manifest.chunks.length };
}

async function take(storage: StoragePorts, at: PartitionId): Promise<Manifest> {
  const ports = { ...storage, clock: { now: Date.now }, randomId: randomUUID };
  const taken = await takeSnapshot(ports, at);
  if (!taken.ok) throw new Error(taken.error.message);
  return taken.value;
}

async function forget(
  { snapshots }: StoragePorts,
  at: PartitionId,
  { seq, attempt }: Manifest,
): Promise<void> {
  await snapshots.remove(at, seq);
  await snapshots.dropChunks(at, attempt);
}

/** How much of the heap a snapshot that is being taken holds at most, by what is left after each chunk. */
async function peakMbOf(storage: StoragePorts, at: PartitionId): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { snapshots } = storage;
  collect();
  const before = process.memoryUsage().heapUsed;
  let peak = 0;
  const putChunk: typeof snapshots.putChunk = async (...args) => {
    await snapshots.putChunk(...args);
    collect();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  };
  const watched = { ...storage, snapshots: { ...snapshots, putChunk } };
  await take(watched, at);
  return peak / 1e6;
}

/** A space of so many entries of a few hundred bytes. */
async function fill({ log }: StoragePorts, size: number): Promise<PartitionId> {
  const at: PartitionId = { space: spaceIdSchema.parse(`bench-${randomUUID()}`), partition: 0 };
  const epoch = await log.open(at.space, randomUUID());
  const author = 'bench' as InstanceId;
  let prevHash = GENESIS;
  for (let seq = 1; seq <= size / ENTRIES_PER_COMMIT; seq++) {
    const versions = Array.from({ length: ENTRIES_PER_COMMIT }, (_, i) => ({
      key: `tasks/${seq}/${i}/state`,
      version: 1,
      value: { title: 'a task of some length', note: 'x'.repeat(150), seq, i },
      tags: ['open'],
      entities: ['ann', 'acme'],
      clock: { bench: 1 },
      hlc: { wallMs: 1_750_000_000_000, counter: 0 },
      author,
    }));
    const sealed = seal({
      ...at,
      seq,
      epoch,
      author,
      committedAtMs: 1_750_000_000_000,
      events: versions.map((version) => ({ type: 'created', ...version })),
      mutation: { client: 'bench' as ClientId, n: seq, outcomes: [] },
      prevHash,
    });
    prevHash = sealed.hash;
    const entries = versions.map((version): Append['entries'][number] => ({
      entry: { ...version, partition: 0, seq } satisfies Entry,
      loadedSeq: 0,
    }));
    await log.append({ ...at, commits: [sealed], entries, settled: [] });
  }
  return at;
}
