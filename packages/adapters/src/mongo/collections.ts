import type { Collection, Db } from 'mongodb';
import type { CommitRow } from './commit-row.ts';
import type { ConflictCountRow, ConflictRow } from './conflict-row.ts';
import type { EntryRow } from './entry-row.ts';
import type { InboxRow } from './inbox-row.ts';
import type { LockRow } from './lock-row.ts';
import type { CheckpointRow } from './mongo-checkpoints.ts';
import type { ImportPartRow } from './mongo-imports.ts';
import type { ChunkRow, ManifestRow } from './mongo-snapshots.ts';
import type { TaskWaiterRow } from './mongo-task-waiters.ts';
import type { ValueRow } from './mongo-values.ts';
import type { NodeRow } from './node-row.ts';
import type { SpaceRow } from './space-row.ts';
import type { TaskRow } from './task-row.ts';

/** Where each kind of row is kept. What comes out is checked by the row's own schema, not believed. */
export interface Collections {
  spaces: Collection<SpaceRow>;
  events: Collection<CommitRow>;
  entries: Collection<EntryRow>;
  inbox: Collection<InboxRow>;
  nodes: Collection<NodeRow>;
  snapshots: Collection<ManifestRow>;
  chunks: Collection<ChunkRow>;
  importParts: Collection<ImportPartRow>;
  values: Collection<ValueRow>;
  checkpoints: Collection<CheckpointRow>;
  conflicts: Collection<ConflictRow | ConflictCountRow>;
  locks: Collection<LockRow>;
  tasks: Collection<TaskRow>;
  taskWaiters: Collection<TaskWaiterRow>;
}

export const collectionsOf = (db: Db): Collections => ({
  spaces: db.collection('spaces'),
  events: db.collection('memory_events'),
  entries: db.collection('memory_entries'),
  inbox: db.collection('memory_inbox'),
  nodes: db.collection('memory_nodes'),
  snapshots: db.collection('memory_snapshots'),
  chunks: db.collection('memory_snapshot_chunks'),
  importParts: db.collection('memory_import_parts'),
  values: db.collection('memory_values'),
  checkpoints: db.collection('memory_event_checkpoints'),
  conflicts: db.collection('memory_conflicts'),
  locks: db.collection('memory_locks'),
  tasks: db.collection('memory_tasks'),
  taskWaiters: db.collection('memory_task_waiters'),
});
