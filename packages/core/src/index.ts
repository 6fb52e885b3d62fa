export type { Caller } from './domain/caller.ts';
export {
  type Commit,
  canonicalText,
  GENESIS,
  type MutationId,
  type SealedCommit,
  seal,
  unseal,
} from './domain/commit.ts';
export { CHAIN_START, type ChainCheck, type ChainEnd, verifyChain } from './domain/verify-chain.ts';
export type { Clock } from './ports/clock.ts';
export type { Connection, ConnectionRef, Connections, SubscriptionChange } from './ports/connections.ts';
export type { EventBus } from './ports/event-bus.ts';
export type { Append, EventLog, Loaded, PartitionId } from './ports/event-log.ts';
export type { Fanout, Post, PostResult } from './ports/fanout.ts';
export type { Inbox, WaitingBatch } from './ports/inbox.ts';
export type { Node, Nodes } from './ports/nodes.ts';
export type { Ports } from './ports/ports.ts';
export type { RandomId } from './ports/random-ids.ts';
export { Unavailable } from './ports/unavailable.ts';
