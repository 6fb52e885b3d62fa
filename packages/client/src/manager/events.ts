import type { JsonValue } from '@mnemon/protocol';
import type { MnemonError } from '../mnemon-error.ts';
import type { Change } from '../replica/change.ts';
import type { WorkerStatus } from './worker-memory.ts';

/** The events of a `MemorySyncManager`, each with what its listeners are called with. Keys carry their namespace. */
export interface SyncEvents {
  /** A `write` has resolved. */
  write: [{ readonly key: string; readonly value: JsonValue }];
  /** A `delete` has resolved. */
  delete: [{ readonly key: string }];
  /** A write or deletion that was taken in, and that nobody waits for any more, had no effect. */
  'write-failed': [{ readonly key: string; readonly error: MnemonError }];
  /** A committed change that a subscription matches; once per subscription. */
  change: [
    {
      readonly id: string;
      readonly key: string;
      /** `null`: it was deleted. */
      readonly value: JsonValue | null;
      readonly change: Change;
    },
  ];
  /** Writes that did not know of each other met, or a key was not at the version that a write expected. */
  conflict: [SyncConflict];
  /** A conflict is over: by the engine's strategy, or by this client's resolver. */
  'conflict-resolved': [{ readonly key: string; readonly value: JsonValue | null; readonly version: number }];
  /** The server has answered a batch, `ackMs` after it left; writes of one key that were sent as one count once. */
  'batch-flushed': [{ readonly writes: number; readonly ackMs: number }];
  /** So much waits for the service that `write` waits, too. */
  'back-pressure': [{ readonly pendingWrites: number }];
  /** From now on the subscription misses no change. */
  subscribed: [{ readonly id: string; readonly pattern: string }];
  unsubscribed: [{ readonly id: string; readonly pattern: string }];
  'task-state-synced': [{ readonly taskId: string; readonly state: JsonValue }];
  'worker-status-synced': [{ readonly workerId: string; readonly status: WorkerStatus }];
  'agent-coordinated': [{ readonly taskId: string; readonly agentId: string; readonly data: JsonValue }];
  'queue-synced': [{ readonly queue: JsonValue }];
  'cache-cleared': [];
  /** `forceSync` is done: everything written before it is acked. */
  'force-sync': [];
  /** The connection is away; the client tries again by itself. */
  reconnecting: [];
  reconnected: [{ readonly reconnects: number }];
  /** The log could not be continued: the whole state replaced what was here, and subscribers heard what that changed. */
  reloaded: [{ readonly reloads: number }];
  shutdown: [];
}

export interface SyncConflict {
  readonly key: string;
  /** `merged`: the engine's strategy made one version of them. `refused`: the write that expected a version had no effect. */
  readonly type: 'merged' | 'refused';
  /** The key's version now; 0 where there is none. */
  readonly version: number;
}

/** Tells listeners; what they throw goes elsewhere. */
export type Tell = <Name extends keyof SyncEvents>(name: Name, ...details: SyncEvents[Name]) => void;
