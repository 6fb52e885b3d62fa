import { type Append, canonicalText, type EventLog, GENESIS, Unavailable, unseal } from '@mnemon/core';
import { type Entry, EVERYTHING, isWithin } from '@mnemon/protocol';
import { dueAtMs } from '../due-at.ts';
import type { Shared } from './embedded-store.ts';
import type { KeptCommit, KeptEntry } from './journal-record.ts';
import type { KeptLocks } from './kept-locks.ts';
import { memoryHistory } from './memory-history.ts';
import { locksOf, mutationName, type Partition, partitionOf } from './state.ts';

/** The log in memory. Each call is one step: nothing else happens between its first line and its last. */
export function memoryEventLog(shared: Shared): EventLog {
  const { state, commit } = shared;
  return {
    ...memoryHistory(shared),

    async open(space, epoch) {
      const existing = state().epochs.get(space);
      if (existing !== undefined) return existing;
      if (state().imports.has(space)) throw new Unavailable(`the space ${space}, which is being imported,`);
      commit({ type: 'open', space, epoch });
      return epoch;
    },

    async load({ keys, mutations, locks, ...at }) {
      const epoch = state().epochs.get(at.space);
      if (epoch === undefined) return undefined;
      const from = partitionOf(state(), at);
      return {
        epoch,
        head: headOf(from),
        entries: new Map(found(keys, from.entries).map((entry) => [entry.key, readEntry(entry)])),
        answered: found(mutations.map(mutationName), from.seqs).flatMap((seq) =>
          readCommits(from, seq - 1, 1),
        ),
        policies: state().policies.get(at.space) ?? [],
        leased: from.lease !== undefined,
        ...(locks && { tokens: newestTokens(locksOf(state(), at.space), locks) }),
      };
    },

    async append(append) {
      const { space, partition, settled } = append;
      if (!fits(partitionOf(state(), append), append)) return 'conflict';
      if (append.importId !== undefined && state().imports.get(space) !== append.importId) return 'conflict';
      const { byName } = locksOf(state(), space);
      if (append.fences?.some(({ lock, token }) => byName.get(lock)?.token !== token)) return 'conflict'; // I7
      const commits = append.commits.map(keepCommit);
      const entries = append.entries.map(({ entry }) => keepEntry(entry));
      const { closings = [], newEpoch } = append;
      const conflicts = (append.conflicts ?? []).map((row) => ({ id: row.id, text: canonicalText(row) }));
      const met = conflicts.length + closings.length > 0 && { conflicts, closings };
      commit({
        type: 'append',
        space,
        partition,
        commits,
        entries,
        settled,
        ...met,
        ...(newEpoch && { newEpoch }),
      });
      return 'committed';
    },

    async head(space) {
      const epoch = state().epochs.get(space);
      return epoch === undefined
        ? undefined
        : { epoch, seq: [headOf(partitionOf(state(), { space, partition: 0 })).seq] };
    },

    async commits({ afterSeq, limit, topics, ...at }) {
      const from = partitionOf(state(), at);
      if (!topics) return readCommits(from, afterSeq, limit);
      return from.topics.after(topics, afterSeq, limit).flatMap((seq) => readCommits(from, seq - 1, 1));
    },

    async countOf({ topics, afterSeq, limit, ...at }) {
      return partitionOf(state(), at).topics.after(topics, afterSeq, limit).length;
    },

    async newestOf({ topics, beforeSeq, ...at }) {
      return partitionOf(state(), at).topics.newestBefore(topics, beforeSeq);
    },

    async entries({ afterKey, limit, topic, withTombstones = false, ...at }) {
      const from = partitionOf(state(), at);
      const page: Entry[] = [];
      for (const key of keysOf(from, topic, afterKey)) {
        if (page.length >= limit) break;
        const entry = from.entries.get(key);
        if (entry && (withTombstones || !entry.deleted)) page.push(readEntry(entry));
      }
      return page;
    },

    async floor(at) {
      return partitionOf(state(), at).floor;
    },

    async raiseFloor({ space, partition, seq }) {
      if (seq > partitionOf(state(), { space, partition }).floor)
        commit({ type: 'floor', space, partition, seq });
    },

    async dropCommits({ space, partition, limit }) {
      const { commits, floor } = partitionOf(state(), { space, partition });
      const firstSeq = commits[0]?.seq ?? 1;
      const below = Math.min(floor + 1 - firstSeq, commits.length - 1, limit);
      if (below <= 0) return 0;
      commit({ type: 'drop-commits', space, partition, throughSeq: firstSeq + below - 1 });
      return below;
    },

    async newestEntrySeq(at) {
      return partitionOf(state(), at).newestEntrySeq;
    },
  };
}

const newestTokens = ({ byName }: KeptLocks, names: readonly string[]): ReadonlyMap<string, number> =>
  new Map(found(names, byName).map(({ name, token }) => [name, token]));

function headOf({ commits, floor }: Partition): { seq: number; hash: string } {
  const newest = commits.at(-1);
  return newest ? { seq: newest.seq, hash: newest.hash } : { seq: floor, hash: GENESIS };
}

/** I2, I6: whether head, entries and mutations are still as they were loaded. */
function fits(at: Partition, { commits, entries }: Append): boolean {
  const head = headOf(at).seq;
  const names = new Set(commits.map(({ commit }) => mutationName(commit.mutation)));
  return (
    commits.every(({ commit }, index) => commit.seq === head + 1 + index) &&
    entries.every(({ entry, loadedSeq }) => (at.entries.get(entry.key)?.seq ?? 0) === loadedSeq) &&
    names.size === commits.length &&
    ![...names].some((name) => at.seqs.has(name))
  );
}

const keepCommit = ({
  commit: { seq, mutation, events },
  hash,
  text,
}: Append['commits'][number]): KeptCommit => ({
  seq,
  keys: [...new Set(events.map(({ key }) => key))],
  client: mutation.client,
  n: mutation.n,
  hash,
  text,
});

function keepEntry(entry: Entry): KeptEntry {
  const { key, seq, value } = entry;
  const due = dueAtMs(entry);
  const text = canonicalText(entry);
  return { key, seq, deleted: value === undefined, ...(due !== undefined && { dueAtMs: due }), text };
}

const readEntry = ({ text }: KeptEntry): Entry => JSON.parse(text) as Entry;

function readCommits({ commits }: Partition, afterSeq: number, limit: number) {
  const from = Math.max(0, afterSeq + 1 - (commits[0]?.seq ?? 1));
  return commits.slice(from, from + limit).map(({ text, hash }) => unseal(text, hash));
}

/** The keys after `afterKey` in order; of a topic, those between its first and its last. */
function* keysOf({ keys, entries }: Partition, topic: string | undefined, afterKey: string | undefined) {
  if (topic === undefined || topic === EVERYTHING) {
    yield* keys.after(afterKey);
    return;
  }
  // Between a topic's own key and the ones below it may be others: `a-b` comes before `a/b`.
  if (afterKey === undefined && entries.has(topic)) yield topic;
  for (const key of keys.after(afterKey === undefined || afterKey === topic ? `${topic}/` : afterKey)) {
    if (!isWithin(topic, key)) return;
    yield key;
  }
}

/** The rows of those names that there are, each once. */
function found<Row>(names: Iterable<string>, rows: ReadonlyMap<string, Row>): Row[] {
  return [...new Set(names)].flatMap((name) => rows.get(name) ?? []);
}
