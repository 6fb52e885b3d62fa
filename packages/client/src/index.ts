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
export { type ConnectOptions, connect } from './connect.ts';
export type { Ticket, TokenSource } from './connection/connection.ts';
export type { Lock, LockOptions } from './coordination/lock.ts';
export type {
  ClaimedTask,
  ClaimOptions,
  EnqueueOptions,
  TaskQueue,
  UnfinishedTasks,
} from './coordination/task-queue.ts';
export type { IterateOptions } from './iterators.ts';
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
export type { Written } from './outbox/pending-op.ts';
export type { OutboxStore } from './outbox-store/outbox-store.ts';
export type { Ports } from './ports.ts';
export type { Conflicts } from './reads/conflicts.ts';
export type { Past, Restoration } from './reads/past.ts';
export type { Peeked, ReadMode, ReadOptions } from './reads/reads.ts';
export type { Snapshots, Upkeep } from './reads/upkeep.ts';
export type { Change, ChangeCallback } from './replica/change.ts';
export type { Witness } from './replica/witnesses.ts';
export { ConflictResolvers, type Resolution } from './resolvers/conflict-resolvers.ts';
export { VectorClockManager } from './resolvers/vector-clock-manager.ts';
export type { Status, StatusCallback } from './status.ts';
