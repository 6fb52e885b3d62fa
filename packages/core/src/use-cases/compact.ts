import type { Retention } from '@mnemon/protocol';
import type { Manifest } from '../domain/manifest.ts';
import { startOfAttempt } from '../domain/snapshot-attempt.ts';
import { surplusSnapshots } from '../domain/surplus-snapshots.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { LOG_COMMITS } from './catch-up.ts';
import { snapshotBefore, snapshotEntries } from './read-snapshot.ts';
import { sweepValues } from './sweep-values.ts';

export type CompactionPorts = Pick<Ports, 'log' | 'snapshots' | 'values' | 'checkpoints' | 'nodes' | 'clock'>;

export interface Compaction {
  /** The log holds every commit after this. */
  floor: number;
  /** How many commits were taken out by this call. */
  dropped: number;
}

const COMMITS_PER_STEP = 500;
/** An instance that was not heard of for this long has nothing to lose: it asks for what it missed when it is back. */
const LIVE_MS = 10 * 60 * 1000;
/** No function runs that long: what such an attempt left will not be finished. */
const ABANDONED_MS = 60 * 60 * 1000;
const SNAPSHOTS_PER_RETENTION = 8;

/**
 * Takes out the part of the log that is older than retention, up to a snapshot: the chain goes on from there (I2). Never
 * the newest commit, and none that a live instance is about to read, unless it would be given the state anyway.
 *
 * May be repeated, may run twice at once, and may die anywhere: the floor is raised before anything goes, and what was to
 * go is taken out by the next call.
 */
export async function compact(
  ports: CompactionPorts,
  at: PartitionId,
  { logMs }: Retention,
): Promise<Compaction> {
  const { log, snapshots } = ports;
  // 1. Find the snapshot to begin the log at.
  const agedMs = ports.clock.now() - logMs;
  const base = await newBase(ports, at, agedMs);
  if (base) {
    // 2. Read it whole: nothing goes for the sake of one that is damaged.
    for await (const _ of snapshotEntries(ports, at, base));
    // 3. Raise the floor.
    await log.raiseFloor({ ...at, seq: base.seq });
  }
  // 4. Take out what is below.
  let dropped = 0;
  for (let step = COMMITS_PER_STEP; step === COMMITS_PER_STEP; dropped += step) {
    step = await log.dropCommits({ ...at, limit: COMMITS_PER_STEP });
  }
  // 5. Take out snapshots, each before its chunks, and then what attempts left behind.
  const floor = await log.floor(at);
  const taken = await snapshots.list(at);
  const spacingMs = logMs / SNAPSHOTS_PER_RETENTION;
  for (const seq of surplusSnapshots(taken, { floor, spacingMs, agedMs })) {
    await snapshots.remove(at, seq);
  }
  await sweep(ports, at, taken);
  // 6. Take out large values that only that part of the log, or nothing, has named.
  await sweepValues(ports, at, agedMs);
  return { floor, dropped };
}

/** The newest snapshot that is old enough. All that it covers is older still. */
async function newBase(
  ports: CompactionPorts,
  at: PartitionId,
  agedMs: number,
): Promise<Manifest | undefined> {
  const { log, snapshots } = ports;
  const [floor, limit] = [await log.floor(at), await lastUnneeded(ports, at)];
  const usable = (await snapshots.list(at)).find(
    ({ seq, takenAtMs }) => seq > floor && seq <= limit && takenAtMs <= agedMs,
  );
  return usable && snapshotBefore(ports, at, usable.seq);
}

/** The newest commit that no live instance needs. */
async function lastUnneeded(
  { log, nodes, checkpoints, clock }: CompactionPorts,
  { space, partition }: PartitionId,
): Promise<number> {
  const head = await log.head(space);
  const headSeq = head?.seq[partition] ?? 0;
  const heard = clock.now() - LIVE_MS;
  const online = (await nodes.list(space)).filter(
    ({ status, lastSeenAtMs }) => status === 'online' && lastSeenAtMs > heard,
  );
  const live = new Set(online.map(({ instanceId }) => instanceId));
  const needed = (await checkpoints.list(space))
    .filter(({ instanceId, cursor }) => live.has(instanceId) && cursor.epoch === head?.epoch)
    .map(({ cursor }) => cursor.seq[partition] ?? 0)
    .filter((seq) => headSeq - seq <= LOG_COMMITS);
  return Math.min(headSeq, ...needed);
}

async function sweep(
  { snapshots, clock }: CompactionPorts,
  at: PartitionId,
  before: readonly Manifest[],
): Promise<void> {
  const kept = new Set((await snapshots.list(at)).map(({ attempt }) => attempt));
  const removed = new Set(before.map(({ attempt }) => attempt));
  for (const attempt of await snapshots.attempts(at)) {
    const isAbandoned = removed.has(attempt) || startOfAttempt(attempt) < clock.now() - ABANDONED_MS;
    if (!kept.has(attempt) && isAbandoned) await snapshots.dropChunks(at, attempt);
  }
}
