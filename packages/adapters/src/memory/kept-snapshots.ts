import { type KeptChunk, type KeptManifest, ROW_BYTES } from './journal-record.ts';

/** What a partition keeps of its snapshots. */
export interface KeptSnapshots {
  /** By the attempt that made them, and their number there. */
  chunks: Map<string, Map<number, KeptChunk>>;
  /** By their `seq`. */
  manifests: Map<number, KeptManifest>;
}

// Each answers about how many bytes of the journal are of no more use.

export function putChunk({ chunks }: KeptSnapshots, chunk: KeptChunk): number {
  const ofAttempt = chunks.get(chunk.attempt) ?? new Map<number, KeptChunk>();
  const former = ofAttempt.get(chunk.number);
  ofAttempt.set(chunk.number, chunk);
  chunks.set(chunk.attempt, ofAttempt);
  return sizeOf(former);
}

export function dropChunks({ chunks }: KeptSnapshots, attempt: string, numbers: readonly number[]): number {
  const ofAttempt = chunks.get(attempt);
  let supersededBytes = 0;
  for (const number of numbers) {
    supersededBytes += sizeOf(ofAttempt?.get(number));
    ofAttempt?.delete(number);
  }
  if (ofAttempt?.size === 0) chunks.delete(attempt);
  return supersededBytes;
}

export function dropManifest({ manifests }: KeptSnapshots, seq: number): number {
  const former = manifests.get(seq);
  manifests.delete(seq);
  return sizeOf(former);
}

const sizeOf = (row: { text: string } | undefined): number => (row ? ROW_BYTES + row.text.length : 0);
