export type {
  ChainEnd,
  ConflictList,
  ConflictPage,
  ConflictStats,
  Cursor,
  DiffPage,
  Entry,
  FoundPage,
  HistoryPage,
  JsonValue,
  KeptConflict,
  KeptVersion,
  Merged,
  Moment,
  NodesPage,
  NodeView,
  PastState,
  Presence,
  Rebuilt,
  Scope,
  SnapshotSummary,
  SpaceStats,
  Task,
  TaskCounts,
  TaskPage,
  TaskState,
  Verdict,
} from '@mnemon/protocol';
export { CacheManager, type CacheStats } from './cache/cache-manager.ts';
export { type CachedReads, type CachedReadsOptions, createCachedReads } from './cache/cached-reads.ts';
export type { Change, ChangeCallback } from './change.ts';
export type { Conflicts } from './conflicts.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { Ticket, TokenSource } from './connection.ts';
export type { IterateOptions } from './iterators.ts';
export type { Lock, LockOptions } from './lock.ts';
export type { TaskAgent } from './manager/agent-memory.ts';
export type { ConflictResolver, ConflictResolverName } from './manager/conflict-resolver.ts';
export type { SyncConflict, SyncEvents } from './manager/events.ts';
export type { Latency } from './manager/latency-sample.ts';
export { MemorySyncManager } from './manager/memory-sync-manager.ts';
export type { SyncMetrics } from './manager/metrics.ts';
export type {
  MemorySyncOptions,
  NamespaceOption,
  SyncDeleteOptions,
  SyncReadOptions,
  SyncSubscribeOptions,
  SyncWriteOptions,
} from './manager/options.ts';
export type { QueueView } from './manager/queue-memory.ts';
export type { ActiveWorker, WorkerStatus } from './manager/worker-memory.ts';
export type {
  DeleteOptions,
  ListOptions,
  Mnemon,
  PageOptions,
  Subscription,
  WriteOptions,
} from './mnemon.ts';
export {
  isClaimLost,
  isClosed,
  isConflict,
  isForbidden,
  isLocked,
  isMnemonError,
  isOverloaded,
  isStaleToken,
  MnemonError,
  type MnemonErrorCode,
} from './mnemon-error.ts';
export { type OpenOptions, openMnemon } from './open-mnemon.ts';
export type { OutboxStore } from './outbox-store/outbox-store.ts';
export type { Past, Restoration } from './past.ts';
export type { Written } from './pending-op.ts';
export type { Ports } from './ports.ts';
export type { Peeked, ReadMode, ReadOptions } from './reads.ts';
export { ConflictResolvers, type Resolution } from './resolvers/conflict-resolvers.ts';
export { VectorClockManager } from './resolvers/vector-clock-manager.ts';
export type { Status, StatusCallback } from './status.ts';
export type { ClaimedTask, ClaimOptions, EnqueueOptions, TaskQueue, UnfinishedTasks } from './task-queue.ts';
export type { Snapshots, Upkeep } from './upkeep.ts';
export type { Witness } from './witnesses.ts';
