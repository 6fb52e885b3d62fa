import type { Values } from '@mnemon/core';
import type { Shared } from './embedded-store.ts';
import { valueName } from './kept-values.ts';
import { partitionOf } from './state.ts';

/** Large values in memory. */
export function memoryValues({ state, commit }: Shared): Values {
  return {
    async put({ space, partition }, { key, hash }, text, nowMs) {
      commit({ type: 'value', space, partition, value: { key, hash, storedAtMs: nowMs, text } });
    },

    async get(at, id) {
      return partitionOf(state(), at).values.get(valueName(id))?.text;
    },

    async renew({ space, partition }, id, nowMs) {
      const name = valueName(id);
      if (!partitionOf(state(), { space, partition }).values.has(name)) return false;
      commit({ type: 'renew-value', space, partition, name, atMs: nowMs });
      return true;
    },

    async aged(at, { untilMs, after, limit }) {
      const aged = [...partitionOf(state(), at).values]
        .filter(([name, { storedAtMs }]) => storedAtMs <= untilMs && (!after || name > valueName(after)))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      return aged.slice(0, limit).map(([, { key, hash, storedAtMs }]) => ({ key, hash, storedAtMs }));
    },

    async drop({ space, partition }, value) {
      const name = valueName(value);
      const kept = partitionOf(state(), { space, partition }).values.get(name);
      if (kept?.storedAtMs === value.storedAtMs) commit({ type: 'drop-value', space, partition, name });
    },
  };
}
