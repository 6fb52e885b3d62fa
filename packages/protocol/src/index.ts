export { type ClientFrame, parseClientFrame } from './client-frame.ts';
export { type Cursor, cursorSchema } from './cursor.ts';
export { type Entry, entrySchema, type Sibling } from './entry.ts';
export {
  ERRORS,
  type ErrorCode,
  endsConnection,
  errorCodeSchema,
  type WireError,
  wireError,
} from './error-code.ts';
export {
  EVENT_TYPES,
  type EventType,
  eventSchema,
  evolve,
  type MemoryEvent,
  type MergedSide,
} from './event.ts';
export { type Access, administers, allows, type Grant, grantSchema, readsEverything } from './grant.ts';
export {
  compareTimes,
  HYBRID_ZERO,
  type HybridTime,
  hybridTimeSchema,
  latest,
  tick,
} from './hybrid-clock.ts';
export {
  type ClientId,
  clientIdSchema,
  type InstanceId,
  instanceIdSchema,
  type SpaceId,
  spaceIdSchema,
} from './ids.ts';
export { issueError } from './issue-error.ts';
export { copiedValue, type JsonValue, jsonValueSchema, NotJson, valueProblem } from './json-value.ts';
export { keyProblem, keySchema } from './key.ts';
export { type LargeValue, largeValueSchema } from './large-value.ts';
export { hasExpired, isLive } from './lifetime.ts';
export { LIMITS } from './limits.ts';
export {
  type Admin,
  type ForkRequest,
  forkRequestSchema,
  type RebuildRequest,
  type RestoreRequest,
  rebuildRequestSchema,
  restoreRequestSchema,
  type VerifyRequest,
  verifyRequestSchema,
} from './messages/admin.ts';
export {
  type AdminAnswer,
  type Forked,
  forkedSchema,
  type Rebuilt,
  type RenewedEpoch,
  type Restored,
  rebuiltSchema,
  renewedEpochSchema,
  restoredSchema,
  type SpaceStats,
  spaceStatsSchema,
} from './messages/admin-answer.ts';
export type { CatchUp } from './messages/catch-up.ts';
export type { CaughtUp, CaughtUpPayload } from './messages/caught-up.ts';
export type { Ack, Changes, Delivery } from './messages/changes.ts';
export {
  type ConflictList,
  type ConflictRequest,
  conflictListSchema,
  type Merged,
  mergedSchema,
} from './messages/conflict.ts';
export {
  type ConflictAnswer,
  type ConflictPage,
  type ConflictStats,
  conflictStatsSchema,
  type KeptConflict,
  keptConflictSchema,
} from './messages/conflict-answer.ts';
export type { Connect } from './messages/connect.ts';
export type { Connected } from './messages/connected.ts';
export {
  type DiffPage,
  type DiffRequest,
  diffPageSchema,
  diffRequestSchema,
  type KeyDifference,
} from './messages/diff.ts';
export type { Disconnected } from './messages/disconnect.ts';
export type { ErrorFrame } from './messages/error.ts';
export type { Heartbeat, HeartbeatAnswer } from './messages/heartbeat.ts';
export {
  type HistoryPage,
  type HistoryRequest,
  historyPageSchema,
  historyRequestSchema,
  type KeptVersion,
} from './messages/history.ts';
export { acquireSchema, type LockRequest, releaseSchema, renewSchema } from './messages/lock.ts';
export {
  type Fence,
  type LockAnswer,
  type LockFrame,
  lockAnswerPayloadSchema,
} from './messages/lock-answer.ts';
export { type NodesPage, type NodesRequest, nodesPageSchema, nodesRequestSchema } from './messages/nodes.ts';
export {
  type FoundPage,
  foundPageSchema,
  type ListRequest,
  listRequestSchema,
  type Read,
  type ReadAnswer,
  type SearchRequest,
  searchRequestSchema,
} from './messages/read.ts';
export { type SnapshotSummary, snapshotSummarySchema } from './messages/snapshot.ts';
export { type PastState, type StateRequest, statePageSchema, stateRequestSchema } from './messages/state.ts';
export type { Subscribe } from './messages/subscribe.ts';
export {
  claimSchema,
  completeSchema,
  type Enqueue,
  enqueueSchema,
  extendSchema,
  failSchema,
  type TaskRequest,
  taskIdSchema,
} from './messages/task.ts';
export {
  type TaskAnswer,
  type TaskFrame,
  type TaskPage,
  taskAnswerPayloadSchema,
} from './messages/task-answer.ts';
export type { Unsubscribe, Unsubscribed } from './messages/unsubscribe.ts';
export { type ChainEnd, chainEndSchema, type Verdict, verdictSchema } from './messages/verify.ts';
export { type Batch, batchSchema, type Op, opSchema, type Write } from './messages/write.ts';
export type { Metadata, Relationship } from './metadata.ts';
export { type Moment, momentSchema } from './moment.ts';
export { type Outcome, outcomeSchema } from './outcome.ts';
export type { Parsed } from './parse-frame.ts';
export { type Patch, patchSchema } from './patch.ts';
export { matches, patternProblem, patternSchema } from './pattern.ts';
export { type Policy, policiesSchema, policyFor } from './policy.ts';
export { type NodeView, nodeKey, type Presence, presenceSchema } from './presence.ts';
export { PROTOCOL_VERSION } from './protocol-version.ts';
export { DEFAULT_RETENTION, type Retention, retentionSchema } from './retention.ts';
export { isInScope, type Scope, scopeSchema } from './scope.ts';
export { parseServerFrame, type ServerFrame } from './server-frame.ts';
export { STRATEGIES, type Strategy, strategySchema } from './strategy.ts';
export { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from './subprotocol.ts';
export { TASK_STATES, type Task, type TaskCounts, type TaskState, taskKey, taskSchema } from './task.ts';
export { EVERYTHING, isWithin, patternOf, topicOf, topicsOfKey, widest } from './topic.ts';
export { utf8Length } from './utf8-length.ts';
export {
  advance,
  type Causality,
  compare,
  counterOf,
  includes,
  merge,
  type VectorClock,
  vectorClockSchema,
} from './vector-clock.ts';
