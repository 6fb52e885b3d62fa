import { type Entry, wireError } from '@mnemon/protocol';
import type { SealedCommit } from '../domain/commit.ts';
import { compareKeys } from '../domain/compare-keys.ts';
import { lastVersions, mergeEntries } from '../domain/corrections.ts';
import { type ChunkRef, type Manifest, sealManifest, sumCounts } from '../domain/manifest.ts';
import { attemptName } from '../domain/snapshot-attempt.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';
import { type ChunkWriter, chunkWriter } from './chunk-writer.ts';
import { commitPages, entryPages } from './read-pages.ts';
import { readChunk } from './read-snapshot.ts';
import { type Answered, ok, refuse } from './refusal.ts';

export type SnapshotPorts = Pick<Ports, 'log' | 'snapshots' | 'clock' | 'randomId'>;

/**
 * Keeps the state of a partition after its newest commit, or answers the snapshot of it that there is. Entries change
 * while they are read; the log of that time puts them right. Memory use does not depend on how many there are.
 *
 * May be repeated and may run twice at once: a snapshot is there when its manifest is, which comes last.
 */
export async function takeSnapshot(ports: SnapshotPorts, at: PartitionId): Promise<Answered<Manifest>> {
  // 1. Find out where the log is.
  const startSeq = await headSeq(ports, at);
  if (startSeq === 0) return refuse(wireError('not-found', 'nothing was ever written to this space'));
  const existing = await ports.snapshots.newest(at, startSeq);
  if (existing?.seq === startSeq) return ok(existing);
  // 2. Copy the entries: each at least as new as that, and whole.
  const attempt = attemptName(ports.clock.now(), ports.randomId());
  const writer = chunkWriter(ports.snapshots, at, attempt);
  for await (const entries of entryPages(ports.log, at)) await writer.add(entries);
  const copied = await writer.flush();
  // 3. Bring all of them to where the log is now.
  const seq = await headSeq(ports, at);
  const chunks = await correct(ports, at, { attempt, writer, chunks: copied }, startSeq, seq);
  // 4. Publish.
  const newest = await commitAt(ports, at, seq);
  const manifest = sealManifest({
    format: 1,
    seq,
    commitHash: newest.hash,
    epoch: newest.commit.epoch,
    takenAtMs: ports.clock.now(),
    counts: sumCounts(chunks.map(({ counts }) => counts)),
    attempt,
    chunks,
  });
  const published = await ports.snapshots.publish(at, manifest);
  // 5. Leave no chunk behind that is of no use.
  if (published === 'published') {
    const used = new Set(chunks.map(({ number }) => number));
    await ports.snapshots.dropChunks(
      at,
      attempt,
      writer.numbers().filter((number) => !used.has(number)),
    );
    return ok(manifest);
  }
  await ports.snapshots.dropChunks(at, attempt);
  return ok((await ports.snapshots.newest(at, seq)) ?? manifest);
}

async function headSeq({ log }: SnapshotPorts, { space, partition }: PartitionId): Promise<number> {
  return (await log.head(space))?.seq[partition] ?? 0;
}

async function commitAt({ log }: SnapshotPorts, at: PartitionId, seq: number): Promise<SealedCommit> {
  for await (const [commit] of commitPages(log, at, { afterSeq: seq - 1, throughSeq: seq })) {
    if (commit) return commit;
  }
  throw new Error(`commit ${seq} was read and is not there`);
}

interface Copy {
  attempt: string;
  writer: ChunkWriter;
  chunks: readonly ChunkRef[];
}

/** The copy with what happened after `afterSeq` up to `throughSeq`: page by page of the log, however much that was. */
async function correct(
  ports: SnapshotPorts,
  at: PartitionId,
  copy: Copy,
  afterSeq: number,
  throughSeq: number,
): Promise<readonly ChunkRef[]> {
  let { chunks } = copy;
  for await (const commits of commitPages(ports.log, at, { afterSeq, throughSeq })) {
    chunks = await rewrite(ports, at, { ...copy, chunks }, lastVersions(commits));
  }
  return chunks;
}

/** Rewrites the chunks that `corrections` fall into, and no others. */
async function rewrite(
  ports: SnapshotPorts,
  at: PartitionId,
  { attempt, writer, chunks }: Copy,
  corrections: readonly Entry[],
): Promise<readonly ChunkRef[]> {
  const result: ChunkRef[] = [];
  let from = 0;
  for (const [index, ref] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    const to = isLast ? corrections.length : countThrough(corrections, ref.lastKey, from);
    if (to === from) {
      result.push(ref);
      continue;
    }
    const entries = await readChunk(ports, at, { seq: 0, attempt }, ref);
    await writer.add(mergeEntries(entries, corrections.slice(from, to)));
    result.push(...(await writer.flush()));
    from = to;
  }
  if (chunks.length === 0) {
    await writer.add(corrections);
    result.push(...(await writer.flush()));
  }
  return result;
}

/** How many of `entries`, the first `from` included, have a key up to `lastKey`. */
function countThrough(entries: readonly Entry[], lastKey: string, from: number): number {
  let count = from;
  while (count < entries.length && compareKeys((entries[count] as Entry).key, lastKey) <= 0) count++;
  return count;
}
