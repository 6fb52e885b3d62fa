import type { Entry } from '@mnemon/protocol';
import { hashOf } from '../domain/commit.ts';
import { compareKeys } from '../domain/compare-keys.ts';
import { type ChunkRef, isSealed, type Manifest } from '../domain/manifest.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Ports } from '../ports/ports.ts';

type Reading = Pick<Ports, 'snapshots'>;

/** A snapshot is not as it was made, or not there any more: a newer one has taken its place. */
export class UnreadableSnapshot extends Error {
  override readonly name = 'UnreadableSnapshot';
  constructor(seq: number, problem: string) {
    super(`the snapshot of commit ${seq} cannot be read: ${problem}`);
  }
}

/** The newest snapshot at `seq` or before, its manifest verified; the log from there on leads to every later state. */
export async function snapshotBefore(
  { snapshots }: Reading,
  at: PartitionId,
  seq: number,
): Promise<Manifest | undefined> {
  const manifest = await snapshots.newest(at, seq);
  if (manifest && !isSealed(manifest)) {
    throw new UnreadableSnapshot(manifest.seq, 'its manifest was rewritten');
  }
  return manifest;
}

/** All entries of a snapshot, tombstones included, chunk by chunk in the order of their keys; each chunk is verified. */
export async function* snapshotEntries(
  ports: Reading,
  at: PartitionId,
  manifest: Manifest,
): AsyncGenerator<readonly Entry[], void> {
  for (const ref of manifest.chunks) yield await readChunk(ports, at, manifest, ref);
}

/** The entries of `keys` in a snapshot, as far as it has them. Reads only the chunks that they would be in. */
export async function snapshotEntriesOf(
  ports: Reading,
  at: PartitionId,
  manifest: Manifest,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Entry>> {
  const wanted = new Map<ChunkRef, Set<string>>();
  for (const key of keys) {
    const ref = chunkOf(manifest.chunks, key);
    if (ref) wanted.set(ref, (wanted.get(ref) ?? new Set()).add(key));
  }
  const found = new Map<string, Entry>();
  for (const [ref, ofChunk] of wanted) {
    for (const entry of await readChunk(ports, at, manifest, ref)) {
      if (ofChunk.has(entry.key)) found.set(entry.key, entry);
    }
  }
  return found;
}

/** The one whose keys `key` lies between. */
function chunkOf(chunks: readonly ChunkRef[], key: string): ChunkRef | undefined {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys((chunks[middle] as ChunkRef).lastKey, key) < 0) low = middle + 1;
    else high = middle;
  }
  return chunks[low];
}

export async function readChunk(
  { snapshots }: Reading,
  at: PartitionId,
  { seq, attempt }: Pick<Manifest, 'seq' | 'attempt'>,
  { number, hash }: ChunkRef,
): Promise<Entry[]> {
  const text = await snapshots.chunk(at, { attempt, number });
  if (text === undefined) throw new UnreadableSnapshot(seq, `chunk ${number} is missing`);
  if (hashOf(text) !== hash) throw new UnreadableSnapshot(seq, `chunk ${number} was rewritten`);
  return JSON.parse(text) as Entry[];
}
