import { type History, unseal } from '@mnemon/core';
import type { Entry } from '@mnemon/protocol';
import { countBelow } from './count-below.ts';
import type { Shared } from './embedded-store.ts';
import { type Partition, partitionOf } from './state.ts';

/** The log in memory, by key. */
export function memoryHistory({ state }: Shared): History {
  return {
    async commitsOf({ key, beforeSeq, limit, ...at }) {
      const from = partitionOf(state(), at);
      const seqs = from.seqsOfKeys.get(key) ?? [];
      const end = countBelow(seqs, beforeSeq);
      return readCommits(from, seqs.slice(Math.max(0, end - limit), end).reverse());
    },

    async newestCommitsOf({ keys, upToSeq, ...at }) {
      const from = partitionOf(state(), at);
      const newest = keys.flatMap((key) => {
        const seqs = from.seqsOfKeys.get(key) ?? [];
        return seqs[countBelow(seqs, upToSeq + 1) - 1] ?? [];
      });
      return readCommits(from, new Set(newest));
    },

    async entriesBelow({ prefix, afterKey, limit, ...at }) {
      const from = partitionOf(state(), at);
      const path = prefix === '' ? '' : `${prefix}/`;
      const page: Entry[] = [];
      for (const key of from.keys.after(afterKey ?? path)) {
        if (page.length >= limit || !key.startsWith(path)) break;
        const entry = from.entries.get(key);
        if (entry) page.push(JSON.parse(entry.text) as Entry);
      }
      return page;
    },

    async countEntries(at) {
      const total = { entries: 0, tombstones: 0, sizeBytes: 0 };
      for (const { deleted, text } of partitionOf(state(), at).entries.values()) {
        total[deleted ? 'tombstones' : 'entries'] += 1;
        total.sizeBytes += text.length;
      }
      return total;
    },
  };
}

const readCommits = ({ commits }: Partition, seqs: Iterable<number>) =>
  [...seqs].flatMap((seq) => {
    const commit = commits[seq - (commits[0]?.seq ?? 1)];
    return commit ? unseal(commit.text, commit.hash) : [];
  });
