import type { Manifest, Snapshots } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';
import { partitionOf } from './state.ts';

/** Snapshots in memory. */
export function memorySnapshots({ state, commit }: Shared): Snapshots {
  return {
    async putChunk({ space, partition }, { attempt, number }, text) {
      commit({ type: 'chunk', space, partition, chunk: { attempt, number, text } });
    },

    async chunk(at, { attempt, number }) {
      return partitionOf(state(), at).chunks.get(attempt)?.get(number)?.text;
    },

    async dropChunks({ space, partition }, attempt, numbers) {
      const kept = partitionOf(state(), { space, partition }).chunks.get(attempt);
      const dropped = (numbers ?? [...(kept?.keys() ?? [])]).filter((number) => kept?.has(number));
      if (dropped.length > 0) commit({ type: 'drop-chunks', space, partition, attempt, numbers: dropped });
    },

    async attempts(at) {
      return [...partitionOf(state(), at).chunks.keys()].sort();
    },

    async publish({ space, partition }, manifest) {
      const { seq } = manifest;
      if (partitionOf(state(), { space, partition }).manifests.has(seq)) return 'taken';
      commit({ type: 'manifest', space, partition, manifest: { seq, text: JSON.stringify(manifest) } });
      return 'published';
    },

    async list(at) {
      const manifests = [...partitionOf(state(), at).manifests.values()];
      return manifests.sort((a, b) => b.seq - a.seq).map(readManifest);
    },

    async newest(at, seq) {
      const { manifests } = partitionOf(state(), at);
      const kept = manifests.get(Math.max(...[...manifests.keys()].filter((each) => each <= seq)));
      return kept && readManifest(kept);
    },

    async remove({ space, partition }, seq) {
      if (!partitionOf(state(), { space, partition }).manifests.has(seq)) return;
      commit({ type: 'drop-manifest', space, partition, seq });
    },
  };
}

const readManifest = ({ text }: { text: string }): Manifest => JSON.parse(text) as Manifest;
