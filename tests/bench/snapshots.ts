import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Manifest,
  type PartitionId,
  type StoragePorts,
  snapshotEntries,
  takeSnapshot,
} from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { median, report } from './figures.ts';
import { type FilledStore, type Filling, onEachStore } from './filled-stores.ts';
import { AUTHOR, NOW_MS, newLog, newSpace } from './new-log.ts';

const RUNS = 3;
const SIZES = [10_000, 100_000];
const ENTRIES_PER_COMMIT = 100;
const ROWS_PER_READ = 1_000;

/** Taking a snapshot and reading it back, against the number of entries: time grows with it, memory in use does not. */
export async function benchSnapshots(): Promise<void> {
  const spaces = SIZES.map((size) => ({ size, space: newSpace() }));
  await onEachStore(
    async (filling) => {
      for (const { size, space } of spaces) await fill(filling, space, size);
    },
    async (store) => {
      for (const { size, space } of spaces) await measureSize(store, space, size);
    },
  );
}

async function measureSize(store: FilledStore, space: SpaceId, size: number): Promise<void> {
  const { name, storage, db } = store;
  const at: PartitionId = { space, partition: 0 };
  const runs: Awaited<ReturnType<typeof measure>>[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure(store, at));
  const each = (figure: 'takeMs' | 'loadMs' | 'readMs') => median(runs.map((run) => run[figure]));
  report(`snapshot of ${size.toLocaleString('en')} entries, ${name}`, {
    'taken in ms': each('takeMs'),
    'entries/s': (size / each('takeMs')) * 1_000,
    'loaded in ms': each('loadMs'),
    chunks: runs[0]?.chunks ?? 0,
    // An embedded store keeps rows and chunks on the same heap.
    ...(db && { 'a bare read of all rows, ms': each('readMs') }),
    ...(db && { 'heap in use, most, MB': await peakMbOf(storage, at) }),
  });
}

async function measure({ storage, db }: FilledStore, at: PartitionId) {
  const startedAt = performance.now();
  const manifest = await take(storage, at);
  const takenAt = performance.now();
  let count = 0;
  for await (const entries of snapshotEntries(storage, at, manifest)) count += entries.length;
  const loadedAt = performance.now();
  if (count === 0) throw new Error('an empty snapshot');
  await forget(storage, at, manifest);
  const readingAt = performance.now();
  const rows = db?.collection<{ _id: string }>('memory_entries');
  const range = { _id: { $gt: `${at.space}/0/`, $lt: `${at.space}/00` } };
  const all = rows?.find(range, { projection: { text: 1 }, batchSize: ROWS_PER_READ }).sort({ _id: 1 });
  if (all) for await (const _ of all);
  const readMs = performance.now() - readingAt;
  return { takeMs: takenAt - startedAt, loadMs: loadedAt - takenAt, readMs, chunks: manifest.chunks.length };
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

/** Entries of a few hundred bytes. */
async function fill(filling: Filling, space: SpaceId, size: number): Promise<void> {
  const log = await newLog(filling, space);
  for (let commit = 1; commit <= size / ENTRIES_PER_COMMIT; commit++) {
    const events = Array.from({ length: ENTRIES_PER_COMMIT }, (_, i) => ({
      type: 'created' as const,
      key: `tasks/${commit}/${i}/state`,
      version: 1,
      value: { title: 'a task of some length', note: 'x'.repeat(150), commit, i },
      tags: ['open'],
      entities: ['ann', 'acme'],
      clock: { [AUTHOR]: 1 },
      hlc: { wallMs: NOW_MS, counter: 0 },
      author: AUTHOR,
    }));
    await log.append(events);
  }
}
