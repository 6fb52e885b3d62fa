import type { Checkpoints } from './checkpoints.ts';
import type { Clock } from './clock.ts';
import type { Conflicts } from './conflicts.ts';
import type { Connections } from './connections.ts';
import type { ContendedPartitions } from './contended-partitions.ts';
import type { EntryIndex } from './entry-index.ts';
import type { EventBus } from './event-bus.ts';
import type { EventLog } from './event-log.ts';
import type { Fanout } from './fanout.ts';
import type { Imports } from './imports.ts';
import type { Inbox } from './inbox.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { Locks } from './locks.ts';
import type { Nodes } from './nodes.ts';
import type { Policies } from './policies.ts';
import type { RandomId } from './random-ids.ts';
import type { Relay } from './relay.ts';
import type { Snapshots } from './snapshots.ts';
import type { Spaces } from './spaces.ts';
import type { TaskWaiters } from './task-waiters.ts';
import type { Tasks } from './tasks.ts';
import type { Values } from './values.ts';

/** The ports of one store: they share what they keep. */
export const STORAGE_PORTS = [
  'log',
  'inbox',
  'lifetimes',
  'index',
  'nodes',
  'spaces',
  'snapshots',
  'values',
  'checkpoints',
  'imports',
  'conflicts',
  'policies',
  'locks',
  'tasks',
  'taskWaiters',
] as const satisfies readonly (keyof Ports)[];
export type StoragePorts = Pick<Ports, (typeof STORAGE_PORTS)[number]>;

/** All that use-cases reach the world through. */
export interface Ports {
  log: EventLog;
  inbox: Inbox;
  conflicts: Conflicts;
  policies: Policies;
  lifetimes: Lifetimes;
  index: EntryIndex;
  locks: Locks;
  tasks: Tasks;
  taskWaiters: TaskWaiters;
  connections: Connections;
  nodes: Nodes;
  spaces: Spaces;
  snapshots: Snapshots;
  values: Values;
  checkpoints: Checkpoints;
  imports: Imports;
  fanout: Fanout;
  /** Left out: every call makes its own posts, however many they are. */
  relay?: Relay;
  bus: EventBus;
  /** Left out: every write first tries by itself. */
  contended?: ContendedPartitions;
  /** Hears how long after a commit its posts were made. */
  onPropagated?: (ms: number) => void;
  clock: Clock;
  randomId: RandomId;
}
