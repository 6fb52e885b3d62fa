import type { PartitionId } from '@mnemon/core';
import type { JournalRecord } from './journal-record.ts';
import type { Partition, State } from './state.ts';

/**
 * The fewest records that make this state, as it is now: they hold on to rows, which never change, so they stay right
 * while the state goes on. Records made from now on may be replayed after them.
 */
export function snapshot(state: State): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const [space, importId] of state.imports) records.push({ type: 'reserve', space, importId });
  for (const [space, epoch] of state.epochs) records.push({ type: 'open', space, epoch });
  for (const [space, ofSpace] of state.partitions) {
    for (const [partition, kept] of ofSpace) records.push(...ofPartition({ space, partition }, kept));
  }
  for (const [space, retention] of state.retentions) records.push({ type: 'retention', space, retention });
  for (const ofSpace of state.checkpoints.values()) {
    for (const checkpoint of ofSpace.values()) records.push({ type: 'checkpoint', checkpoint });
  }
  for (const [space, { rows }] of state.conflicts) {
    const append = { type: 'append', space, partition: 0, commits: [], entries: [], settled: [] } as const;
    for (const conflicts of chunks(rows)) records.push({ ...append, conflicts });
  }
  for (const [space, policies] of state.policies) records.push({ type: 'policies', space, policies });
  for (const [space, { lastToken, byName }] of state.locks) {
    records.push({ type: 'lock-token', space, token: lastToken });
    for (const lock of byName.values()) records.push({ type: 'lock', space, lock });
  }
  for (const [space, { lastIndex, open, ended }] of state.tasks) {
    records.push({ type: 'task-index', space, index: lastIndex });
    for (const kept of [...ended.values(), ...open.values()]) records.push({ type: 'task', space, kept });
  }
  for (const ofSpace of state.nodes.values()) {
    for (const node of ofSpace.values()) records.push({ type: 'node', node });
  }
  return records;
}

function* ofPartition(at: PartitionId, kept: Partition): Generator<JournalRecord> {
  const append = { type: 'append', ...at, commits: [], entries: [], settled: [] } as const;
  if (kept.floor > 0) yield { type: 'floor', ...at, seq: kept.floor };
  for (const commits of chunks(kept.commits)) yield { ...append, commits };
  for (const entries of chunks([...kept.entries.values()])) yield { ...append, entries };
  for (const ofAttempt of kept.chunks.values()) {
    for (const chunk of ofAttempt.values()) yield { type: 'chunk', ...at, chunk };
  }
  for (const manifest of kept.manifests.values()) yield { type: 'manifest', ...at, manifest };
  for (const value of kept.values.values()) yield { type: 'value', ...at, value };
  for (const batch of kept.inbox.values()) yield { type: 'put', ...at, batch };
}

/** A record is held in memory several times over while it is written, so none is made of a whole history. */
const ROWS_PER_RECORD = 64;

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let i = 0; i < rows.length; i += ROWS_PER_RECORD) yield rows.slice(i, i + ROWS_PER_RECORD);
}
