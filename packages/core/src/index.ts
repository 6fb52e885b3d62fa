export { type Caller, type Identity, identitySchema } from './domain/caller.ts';
export {
  type Commit,
  canonicalText,
  GENESIS,
  type MutationId,
  type SealedCommit,
  seal,
  unseal,
} from './domain/commit.ts';
export { commitSchema } from './domain/commit-schema.ts';
export { compareKeys } from './domain/compare-keys.ts';
export { type Conflict, type ConflictRecord, closedBy, type Resolution } from './domain/conflict.ts';
export { fittingConflict } from './domain/fitting-conflict.ts';
export type { ChunkRef, Manifest, SnapshotCounts } from './domain/manifest.ts';
export type { BackendHealth, Health, InstanceGone, Notice } from './domain/notice.ts';
export { type Parcel, parcelSchema } from './domain/parcel.ts';
export { type StoredBatch, storedBatchSchema } from './domain/stored-op.ts';
export { retryDelayMs, TASK_RETRY } from './domain/task-retry.ts';
export { termsOf } from './domain/terms.ts';
export { topicsOfCommit } from './domain/topics.ts';
export { CHAIN_START, type ChainCheck, verifyChain } from './domain/verify-chain.ts';
export type { Checkpoint, Checkpoints } from './ports/checkpoints.ts';
export type { Clock } from './ports/clock.ts';
export type { ConflictFilter, Conflicts } from './ports/conflicts.ts';
export type {
  ChangedSubscriptions,
  Connection,
  ConnectionRef,
  Connections,
  ReachedRow,
  Registration,
  StalePage,
  SubscriptionChange,
} from './ports/connections.ts';
export type { ContendedPartitions } from './ports/contended-partitions.ts';
export type { EntryIndex, IndexPage, IndexQuery } from './ports/entry-index.ts';
export type { EventBus } from './ports/event-bus.ts';
export type { Append, EventLog, Loaded, PartitionId } from './ports/event-log.ts';
export type { Fanout, Post, PostResult } from './ports/fanout.ts';
export type { History } from './ports/history.ts';
export type { ImportPart, Imports, Opening } from './ports/imports.ts';
export type { Inbox, WaitingBatch } from './ports/inbox.ts';
export type { DueEntry, DuePage, Lifetimes } from './ports/lifetimes.ts';
export type { Acquired, FreedLock, LockId, Locks, LockTime, LockWaiter } from './ports/locks.ts';
export type { Node, NodeConnection, Nodes, ReachedNode } from './ports/nodes.ts';
export type { Pause } from './ports/pause.ts';
export type { Policies } from './ports/policies.ts';
export { type Ports, STORAGE_PORTS, type StoragePorts } from './ports/ports.ts';
export type { RandomId } from './ports/random-ids.ts';
export type { RateLimits, RateWindow } from './ports/rate-limits.ts';
export type { Relay } from './ports/relay.ts';
export type { ChunkId, Snapshots } from './ports/snapshots.ts';
export type { Spaces } from './ports/spaces.ts';
export type { TaskWaiter, TaskWaiters } from './ports/task-waiters.ts';
export type { NewTask, TaskClaim, TaskId, Tasks } from './ports/tasks.ts';
export type { Ticket, Tickets } from './ports/tickets.ts';
export { Unavailable } from './ports/unavailable.ts';
export { UnreadableCommit } from './ports/unreadable-commit.ts';
export type { KeptValue, ValueId, Values } from './ports/values.ts';
export {
  listCheckpoints,
  listSnapshots,
  readRetention,
  setRetention,
  snapshotSpace,
} from './use-cases/administer.ts';
export { admit, type RateRule } from './use-cases/admit.ts';
export { catchUp } from './use-cases/catch-up.ts';
export { claimTask } from './use-cases/claim-task.ts';
export { type CleanedUp, cleanUp } from './use-cases/clean-up.ts';
export { type Compaction, compact } from './use-cases/compact.ts';
export {
  conflictStats,
  getConflict,
  listConflicts,
} from './use-cases/conflicts.ts';
export { connect } from './use-cases/connect.ts';
export { contendedPartitions } from './use-cases/contended-partitions.ts';
export { diff } from './use-cases/diff.ts';
export { dismiss, forget } from './use-cases/disconnect.ts';
export { eventsSince, type FeedEvent, type FeedPage, type FeedRequest } from './use-cases/events-since.ts';
export { expireEntries } from './use-cases/expire-entries.ts';
export { exportSpace } from './use-cases/export-space.ts';
export { followEvents } from './use-cases/follow-events.ts';
export { forgetTombstones } from './use-cases/forget-tombstones.ts';
export { fork } from './use-cases/fork.ts';
export { heartbeat } from './use-cases/heartbeat.ts';
export { history } from './use-cases/history.ts';
export { importParts, putImportPart } from './use-cases/import-parts.ts';
export { importSpace } from './use-cases/import-space.ts';
export { listEntries } from './use-cases/list-entries.ts';
export { listNodes } from './use-cases/list-nodes.ts';
export { acquireLock, releaseLock, renewLock } from './use-cases/locks.ts';
export { getPolicies, setPolicies } from './use-cases/policies.ts';
export { postParcel } from './use-cases/post-parcel.ts';
export { read } from './use-cases/read.ts';
export { readEntry } from './use-cases/read-entry.ts';
export { BadExport } from './use-cases/read-export.ts';
export {
  snapshotBefore,
  snapshotEntries,
  snapshotEntriesOf,
  UnreadableSnapshot,
} from './use-cases/read-snapshot.ts';
export { readValue, readWholeEntry } from './use-cases/read-value.ts';
export { rebuild } from './use-cases/rebuild.ts';
export { reclaimLeases } from './use-cases/reclaim-leases.ts';
export { reclaimTasks } from './use-cases/reclaim-tasks.ts';
export type { Answered } from './use-cases/refusal.ts';
export { renewEpoch } from './use-cases/renew-epoch.ts';
export { resolveConflict } from './use-cases/resolve-conflict.ts';
export { restore } from './use-cases/restore.ts';
export { searchEntries } from './use-cases/search-entries.ts';
export { settleSilent } from './use-cases/settle-silent.ts';
export { snapshotAndCompact, snapshotAndCompactAll } from './use-cases/snapshot-and-compact.ts';
export { stateAt } from './use-cases/state-at.ts';
export { stats } from './use-cases/stats.ts';
export { subscribe } from './use-cases/subscribe.ts';
export { sweepConnections } from './use-cases/sweep-connections.ts';
export { takeSnapshot } from './use-cases/take-snapshot.ts';
export { countTasks, endTask, enqueueTask, extendTask, getTask, listTasks } from './use-cases/tasks.ts';
export { type IssuedTicket, issueTicket, redeemTicket } from './use-cases/tickets.ts';
export { unsubscribe } from './use-cases/unsubscribe.ts';
export { verify } from './use-cases/verify.ts';
export { verifyPage } from './use-cases/verify-page.ts';
export { writeAndWait } from './use-cases/write-and-wait.ts';
export { writeBatch } from './use-cases/write-batch.ts';
export { writeEntries } from './use-cases/write-entries.ts';
