import type { Entry } from '@mnemon/protocol';
import { canonicalText, hashOf } from '../domain/commit.ts';
import { type ChunkRef, countsOf, type SnapshotCounts, sumCounts } from '../domain/manifest.ts';
import type { PartitionId } from '../ports/event-log.ts';
import type { Snapshots } from '../ports/snapshots.ts';

/** Of its text, give or take one entry: what a snapshot ever holds in memory. */
const CHUNK_CHARACTERS = 1_000_000;

/** Puts entries, in the order of their keys, into chunks of an attempt. */
export interface ChunkWriter {
  add(entries: readonly Entry[]): Promise<void>;
  /** Ends a chunk. Answers those since the last call. */
  flush(): Promise<ChunkRef[]>;
  /** All that were ever written. */
  numbers(): readonly number[];
}

export function chunkWriter(
  snapshots: Pick<Snapshots, 'putChunk'>,
  at: PartitionId,
  attempt: string,
): ChunkWriter {
  let next = 0;
  let texts: string[] = [];
  let characters = 0;
  let counts: SnapshotCounts[] = [];
  let lastKey = '';
  let refs: ChunkRef[] = [];

  const endChunk = async (): Promise<void> => {
    const text = `[${texts.join(',')}]`;
    const number = next++;
    await snapshots.putChunk(at, { attempt, number }, text);
    refs.push({ number, hash: hashOf(text), counts: sumCounts(counts), lastKey });
    texts = [];
    counts = [];
    characters = 0;
  };

  return {
    async add(entries) {
      for (const entry of entries) {
        const text = canonicalText(entry);
        texts.push(text);
        counts.push(countsOf(entry));
        characters += text.length;
        lastKey = entry.key;
        if (characters >= CHUNK_CHARACTERS) await endChunk();
      }
    },
    async flush() {
      if (texts.length > 0) await endChunk();
      const written = refs;
      refs = [];
      return written;
    },
    numbers: () => Array.from({ length: next }, (_, number) => number),
  };
}
