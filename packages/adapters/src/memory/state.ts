import type { Checkpoint, MutationId, Node, PartitionId } from '@mnemon/core';
import type { InstanceId, Policy, Retention, SpaceId } from '@mnemon/protocol';
import { countBelow } from './count-below.ts';
import {
  type JournalRecord,
  type KeptBatch,
  type KeptCommit,
  type KeptEntry,
  RECORD_BYTES,
  ROW_BYTES,
} from './journal-record.ts';
import { type KeptConflicts, noConflicts } from './kept-conflicts.ts';
import { clearDue, type Due, forgetTombstones, putEntry } from './kept-entries.ts';
import { dropLocks, type KeptLocks, noLocks, putLock } from './kept-locks.ts';
import { dropChunks, dropManifest, type KeptSnapshots, putChunk } from './kept-snapshots.ts';
import { dropTasks, type KeptTasks, noTasks, putTask } from './kept-tasks.ts';
import { dropValue, type KeptValues, putValue, renewValue } from './kept-values.ts';
import { type SortedKeys, sortedKeys } from './sorted-keys.ts';
import { type TermIndex, termIndex } from './term-index.ts';
import { type TopicIndex, topicIndex } from './topic-index.ts';

export interface Partition extends KeptSnapshots {
  /** Consecutive. */
  commits: KeptCommit[];
  /** The log is whole after this `seq`. */
  floor: number;
  /** By mutation. */
  seqs: Map<string, number>;
  /** By key, the commits that changed it, in order. */
  seqsOfKeys: Map<string, number[]>;
  topics: TopicIndex;
  entries: Map<string, KeptEntry>;
  keys: SortedKeys;
  terms: TermIndex;
  newestEntrySeq: number;
  values: KeptValues;
  /** By mutation, in arrival order. */
  inbox: Map<string, KeptBatch>;
  /** Not journaled: who held it died with this process. */
  lease: { holder: string; untilMs: number } | undefined;
}

/** All that the store knows. Maps throughout: a space may be named `constructor`. */
export interface State {
  epochs: Map<SpaceId, string>;
  due: Due;
  partitions: Map<SpaceId, Map<number, Partition>>;
  nodes: Map<SpaceId, Map<string, Node>>;
  checkpoints: Map<SpaceId, Map<string, Checkpoint>>;
  retentions: Map<SpaceId, Retention>;
  /** Who fills a space that is not open yet. */
  imports: Map<SpaceId, string>;
  policies: Map<SpaceId, readonly Policy[]>;
  conflicts: Map<SpaceId, KeptConflicts>;
  locks: Map<SpaceId, KeptLocks>;
  tasks: Map<SpaceId, KeptTasks>;
}

export const emptyState = (): State => ({
  epochs: new Map(),
  due: sortedKeys(),
  partitions: new Map(),
  nodes: new Map(),
  checkpoints: new Map(),
  retentions: new Map(),
  imports: new Map(),
  policies: new Map(),
  conflicts: new Map(),
  locks: new Map(),
  tasks: new Map(),
});

export const conflictsOf = (state: State, space: SpaceId): KeptConflicts =>
  getOrAdd(state.conflicts, space, noConflicts);

export const locksOf = (state: State, space: SpaceId): KeptLocks => getOrAdd(state.locks, space, noLocks);

export const tasksOf = (state: State, space: SpaceId): KeptTasks => getOrAdd(state.tasks, space, noTasks);

/** Ids have no slash, so no two mutations share a name. */
export const mutationName = ({ client, n }: MutationId): string => `${client}/${n}`;

export function partitionOf(state: State, { space, partition }: PartitionId): Partition {
  const ofSpace = getOrAdd(state.partitions, space, () => new Map<number, Partition>());
  return getOrAdd(ofSpace, partition, emptyPartition);
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

const emptyPartition = (): Partition => ({
  commits: [],
  floor: 0,
  seqs: new Map(),
  seqsOfKeys: new Map(),
  topics: topicIndex(),
  entries: new Map(),
  keys: sortedKeys(),
  terms: termIndex(),
  newestEntrySeq: 0,
  chunks: new Map(),
  manifests: new Map(),
  values: new Map(),
  inbox: new Map(),
  lease: undefined,
});

/** Does what the record says. Answers about how many bytes of earlier records, or of its own, are of no more use. */
export function apply(state: State, record: JournalRecord): number {
  switch (record.type) {
    case 'journal':
      return 0;
    case 'open':
      state.epochs.set(record.space, record.epoch);
      state.imports.delete(record.space);
      return 0;
    case 'floor':
      partitionOf(state, record).floor = record.seq;
      return 0;
    case 'drop-commits':
      return RECORD_BYTES + dropCommits(partitionOf(state, record), record.throughSeq);
    case 'append': {
      const { closings = [], conflicts = [] } = record;
      const before = conflictsOf(state, record.space);
      if (record.newEpoch !== undefined) state.epochs.set(record.space, record.newEpoch);
      return before.close(closings) + before.add(conflicts) + applyAppend(state, record);
    }
    case 'forget-conflicts':
      return RECORD_BYTES + conflictsOf(state, record.space).forget(record.ids);
    case 'policies':
      return applyPolicies(state, record);
    case 'forget':
      return (
        RECORD_BYTES + forgetTombstones(state.due, record, partitionOf(state, record), record.tombstones)
      );
    case 'put':
      partitionOf(state, record).inbox.set(mutationName(record.batch), record.batch);
      return 0;
    case 'remove':
      return RECORD_BYTES + takeOut(partitionOf(state, record), record.mutations);
    case 'chunk':
      return putChunk(partitionOf(state, record), record.chunk);
    case 'drop-chunks':
      return RECORD_BYTES + dropChunks(partitionOf(state, record), record.attempt, record.numbers);
    case 'manifest':
      partitionOf(state, record).manifests.set(record.manifest.seq, record.manifest);
      return 0;
    case 'drop-manifest':
      return RECORD_BYTES + dropManifest(partitionOf(state, record), record.seq);
    case 'value':
      return putValue(partitionOf(state, record).values, record.value);
    case 'renew-value':
      return renewValue(partitionOf(state, record).values, record.name, record.atMs);
    case 'drop-value':
      return RECORD_BYTES + dropValue(partitionOf(state, record).values, record.name);
    case 'retention':
      state.retentions.set(record.space, record.retention);
      return RECORD_BYTES;
    case 'checkpoint':
      return putCheckpoint(state, record.checkpoint);
    case 'reserve':
      state.imports.set(record.space, record.importId);
      return RECORD_BYTES;
    case 'release':
      state.imports.delete(record.space);
      return 2 * RECORD_BYTES;
    case 'clear':
      return clear(state, record.space);
    case 'lock':
      return putLock(locksOf(state, record.space), record.lock);
    case 'drop-locks':
      return RECORD_BYTES + dropLocks(locksOf(state, record.space), record.names);
    case 'lock-token':
      locksOf(state, record.space).lastToken = record.token;
      return RECORD_BYTES;
    case 'task':
      return putTask(tasksOf(state, record.space), record.kept);
    case 'drop-tasks':
      return RECORD_BYTES + dropTasks(tasksOf(state, record.space), record.ids);
    case 'task-index':
      tasksOf(state, record.space).lastIndex = record.index;
      return RECORD_BYTES;
    case 'node':
      return applyNode(state, record.node);
    case 'forget-instance':
      return RECORD_BYTES + forgetInstance(state, record.space, record.instanceId);
    default:
      return record satisfies never;
  }
}

function applyAppend(state: State, record: Extract<JournalRecord, { type: 'append' }>): number {
  const at = partitionOf(state, record);
  for (const commit of record.commits) {
    at.commits.push(commit);
    at.seqs.set(mutationName(commit), commit.seq);
    for (const key of commit.keys) getOrAdd(at.seqsOfKeys, key, () => []).push(commit.seq);
    at.topics.add(commit);
  }
  let supersededBytes = takeOut(at, record.settled);
  for (const entry of record.entries) {
    supersededBytes += putEntry(state.due, record, at, entry);
    at.newestEntrySeq = Math.max(at.newestEntrySeq, entry.seq);
  }
  return supersededBytes;
}

function dropCommits(at: Partition, throughSeq: number): number {
  const firstSeq = at.commits[0]?.seq ?? throughSeq + 1;
  let supersededBytes = 0;
  const dropped = at.commits.splice(0, throughSeq + 1 - firstSeq);
  for (const commit of dropped) {
    at.seqs.delete(mutationName(commit));
    for (const key of commit.keys) forgetSeqs(at, key, throughSeq);
    supersededBytes += ROW_BYTES + commit.text.length;
  }
  at.topics.drop(throughSeq, dropped);
  return supersededBytes;
}

function forgetSeqs({ seqsOfKeys }: Partition, key: string, throughSeq: number): void {
  const seqs = seqsOfKeys.get(key);
  seqs?.splice(0, countBelow(seqs, throughSeq + 1));
  if (seqs?.length === 0) seqsOfKeys.delete(key);
}

function takeOut(at: Partition, mutations: readonly MutationId[]): number {
  let supersededBytes = 0;
  for (const mutation of mutations) {
    const name = mutationName(mutation);
    const batch = at.inbox.get(name);
    if (batch) supersededBytes += RECORD_BYTES + ROW_BYTES + batch.text.length;
    at.inbox.delete(name);
  }
  return supersededBytes;
}

/** How many rows a space has. */
export function rowsIn(state: State, space: SpaceId): number {
  let rows = 0;
  for (const kept of state.partitions.get(space)?.values() ?? []) {
    const { commits, entries, chunks, manifests, inbox, values } = kept;
    rows += commits.length + entries.size + manifests.size + inbox.size + values.size;
    for (const ofAttempt of chunks.values()) rows += ofAttempt.size;
  }
  return rows;
}

function clear(state: State, space: SpaceId): number {
  const supersededBytes = RECORD_BYTES + ROW_BYTES * rowsIn(state, space);
  for (const [partition, kept] of state.partitions.get(space) ?? []) {
    clearDue(state.due, { space, partition }, kept);
  }
  state.partitions.delete(space);
  state.conflicts.delete(space);
  return supersededBytes;
}

function putCheckpoint(state: State, checkpoint: Checkpoint): number {
  const ofSpace = getOrAdd(state.checkpoints, checkpoint.space, () => new Map<string, Checkpoint>());
  const isFirst = !ofSpace.has(checkpoint.instanceId);
  ofSpace.set(checkpoint.instanceId, checkpoint);
  return isFirst ? 0 : ROW_BYTES + JSON.stringify(checkpoint).length;
}

function applyPolicies(
  state: State,
  { space, policies }: Extract<JournalRecord, { type: 'policies' }>,
): number {
  const former = state.policies.get(space);
  state.policies.set(space, policies);
  return former ? RECORD_BYTES + JSON.stringify(former).length : 0;
}

function applyNode(state: State, node: Node): number {
  const ofSpace = getOrAdd(state.nodes, node.space, () => new Map<string, Node>());
  const former = ofSpace.get(node.instanceId);
  ofSpace.set(node.instanceId, node);
  return former ? ROW_BYTES + JSON.stringify(former).length : 0;
}

function forgetInstance({ nodes, checkpoints }: State, space: SpaceId, instanceId: InstanceId): number {
  let supersededBytes = 0;
  for (const ofSpace of [nodes.get(space), checkpoints.get(space)]) {
    const former = ofSpace?.get(instanceId);
    if (former) supersededBytes += ROW_BYTES + JSON.stringify(former).length;
    ofSpace?.delete(instanceId);
  }
  return supersededBytes;
}
