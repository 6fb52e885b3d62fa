import type { Imports } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import type { Shared } from './embedded-store.ts';
import { partitionOf, rowsIn } from './state.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Upload {
  upload: string;
  texts: Map<number, string>;
  forgetting: NodeJS.Timeout;
}

/** Spaces that are being filled, in memory. */
export function memoryImports({ state, commit }: Shared): Imports {
  const isReserved = (space: SpaceId, importId: string) => state().imports.get(space) === importId;
  /** Of each space the upload that is under way. Not journaled: what was cut off by a restart is sent anew. */
  const parts = new Map<SpaceId, Upload>();
  return {
    async reserve(space, importId) {
      if (state().epochs.has(space)) return false;
      commit({ type: 'reserve', space, importId });
      return true;
    },

    // All of it in one step: what is in memory needs no more.
    async clear(space, importId) {
      if (!isReserved(space, importId)) return 0;
      const rows = rowsIn(state(), space);
      if (rows > 0) commit({ type: 'clear', space });
      return rows;
    },

    // Of a snapshot without its floor nobody reads before the next attempt has cleared it.
    async beginLog(space, importId, base) {
      if (!isReserved(space, importId)) return false;
      const at = { space, partition: 0 };
      commit({ type: 'manifest', ...at, manifest: { seq: base.seq, text: JSON.stringify(base) } });
      commit({ type: 'floor', ...at, seq: base.seq });
      return true;
    },

    async seqsOf(space, keys) {
      const { entries } = partitionOf(state(), { space, partition: 0 });
      return new Map(keys.flatMap((key) => (entries.has(key) ? [[key, entries.get(key)?.seq ?? 0]] : [])));
    },

    // What comes before the last step means nothing without it.
    async finish(space, importId, { epoch, policies, retention }) {
      if (!isReserved(space, importId)) return false;
      commit({ type: 'policies', space, policies: structuredClone(policies) });
      if (retention) commit({ type: 'retention', space, retention: { ...retention } });
      commit({ type: 'open', space, epoch });
      return true;
    },

    async putPart(space, { upload, number }, text) {
      const kept = parts.get(space);
      const texts = kept?.upload === upload ? kept.texts : new Map<number, string>();
      clearTimeout(kept?.forgetting);
      const forgetting = setTimeout(() => parts.delete(space), DAY_MS).unref();
      parts.set(space, { upload, texts: texts.set(number, text), forgetting });
    },

    async part(space, { upload, number }) {
      const kept = parts.get(space);
      return kept?.upload === upload ? kept.texts.get(number) : undefined;
    },

    async release(space, importId) {
      if (isReserved(space, importId)) commit({ type: 'release', space });
    },
  };
}
