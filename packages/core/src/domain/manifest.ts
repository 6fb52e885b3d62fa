import type { Entry } from '@mnemon/protocol';
import { canonicalText, hashOf } from './commit.ts';

/** A chunk of a snapshot: entries in the order of their keys, as the text of a JSON array. */
export interface ChunkRef {
  number: number;
  /** SHA-256 of the text, in hex. */
  hash: string;
  counts: SnapshotCounts;
  lastKey: string;
}

export interface SnapshotCounts {
  /** Without tombstones. */
  entries: number;
  tombstones: number;
  /** As often as entries name them. */
  entities: number;
  relationships: number;
}

/** What a snapshot consists of: the state of a partition after one commit, tombstones included. */
export interface Manifest {
  format: 1;
  /** Of the commit; `commitHash` is its hash: the chain goes on from here when all before it is gone (I2). */
  seq: number;
  commitHash: string;
  epoch: string;
  takenAtMs: number;
  counts: SnapshotCounts;
  /** Who made the chunks. */
  attempt: string;
  /** In the order of their keys, which do not overlap. */
  chunks: readonly ChunkRef[];
  /** SHA-256 of all the rest, in hex: with the chunks' own hashes, of the whole snapshot. */
  contentHash: string;
}

export const sealManifest = (content: Omit<Manifest, 'contentHash'>): Manifest => ({
  ...content,
  contentHash: hashOf(canonicalText(content)),
});

export function isSealed(manifest: Manifest): boolean {
  const { contentHash, ...content } = manifest;
  return hashOf(canonicalText(content)) === contentHash;
}

export const countsOf = ({ value, entities = [], relationships = [] }: Entry): SnapshotCounts => ({
  entries: value === undefined ? 0 : 1,
  tombstones: value === undefined ? 1 : 0,
  entities: entities.length,
  relationships: relationships.length,
});

export function sumCounts(all: Iterable<SnapshotCounts>): SnapshotCounts {
  const sum = { entries: 0, tombstones: 0, entities: 0, relationships: 0 };
  for (const counts of all) {
    sum.entries += counts.entries;
    sum.tombstones += counts.tombstones;
    sum.entities += counts.entities;
    sum.relationships += counts.relationships;
  }
  return sum;
}
