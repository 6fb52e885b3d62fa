import type { ChunkRef, Manifest } from '../domain/manifest.ts';
import type { PartitionId } from './event-log.ts';

/** Names a chunk: the attempt at a snapshot that made it, and its number there. */
export interface ChunkId {
  attempt: string;
  number: number;
}

/**
 * States of a partition at a cursor, in chunks. A snapshot is there once its manifest is, which is kept last. Chunks that
 * no manifest names were left behind by an attempt that died.
 *
 * A store's failure throws `Unavailable`; the call then happened whole or not at all.
 */
export interface Snapshots {
  /** Keeps a chunk: JSON text without line breaks, at most 15 MB. One of the same name is replaced. */
  putChunk(at: PartitionId, id: ChunkId, text: string): Promise<void>;

  chunk(at: PartitionId, id: ChunkId): Promise<string | undefined>;

  /** Takes these chunks of an attempt out, or all of them. What is not there is no failure. */
  dropChunks(at: PartitionId, attempt: string, numbers?: readonly ChunkRef['number'][]): Promise<void>;

  /** The attempts that have chunks, in the order of their names. */
  attempts(at: PartitionId): Promise<readonly string[]>;

  /** Keeps the manifest unless there is one at its `seq`: of two at once one finds it `taken`. */
  publish(at: PartitionId, manifest: Manifest): Promise<'published' | 'taken'>;

  /** All manifests, the newest first. */
  list(at: PartitionId): Promise<readonly Manifest[]>;

  /** The newest manifest at `seq` or before. */
  newest(at: PartitionId, seq: number): Promise<Manifest | undefined>;

  /** Takes a manifest out; its chunks stay. */
  remove(at: PartitionId, seq: number): Promise<void>;
}
