import type { Cursor } from '@mnemon/protocol';
import type { Circuit } from './connection/circuit.ts';
import type { StateName } from './connection/connection-state.ts';
import { callGuarded } from './guarded-call.ts';

/** How the client is. A snapshot: a later change makes a new one. */
export interface Status {
  /** `live`: connected, and nothing is missing. In `waiting` it tries again soon. */
  readonly state: StateName;
  /** Whether calls that need the server wait for it, or fail at once. */
  readonly circuit: Circuit;
  /** Where in the log the replica is; nothing while this client only writes. */
  readonly cursor: Cursor | undefined;
  /** Commits that are known to exist and aren't applied here yet. */
  readonly headLag: number;
  /** Operations that aren't acked yet. */
  readonly pendingOps: number;
  /** The outbox holds more than it should: writes are refused, or wait, as the option `whenFull` says. */
  readonly isFull: boolean;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Batches sent again. */
  readonly resends: number;
  /** Commits that were missing for so long that they were asked for. */
  readonly gaps: number;
  /** How often the log could not be continued, so that the whole state replaced the replica. */
  readonly reloads: number;
  /** Frames that were no message of the protocol. */
  readonly unreadable: number;
  /** Backends that the server could not reach last time it tried: `bus`. Reads and writes work without them. */
  readonly degraded: readonly string[];
}

export type StatusCallback = (status: Status) => unknown;

/** The current snapshot, and who wants to hear of the next one. */
export interface StatusBoard {
  /** The same object until something changed. */
  readonly current: Status;
  /** Something may have changed. Listeners hear of it once per turn of the event loop, however often it is said. */
  changed(): void;
  listen(callback: StatusCallback): () => void;
}

export function createStatusBoard(read: () => Status, onError: (error: unknown) => void): StatusBoard {
  const listeners = new Set<{ callback: StatusCallback }>();
  let snapshot: Status | undefined;
  let isAnnounced = false;

  const current = () => (snapshot ??= Object.freeze(read()));

  function announce(): void {
    isAnnounced = false;
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) callGuarded(listener.callback, current(), onError);
    }
  }

  function changed(): void {
    snapshot = undefined;
    if (isAnnounced || listeners.size === 0) return;
    isAnnounced = true;
    queueMicrotask(announce);
  }

  return {
    get current() {
      return current();
    },
    changed,
    listen(callback) {
      const listener = { callback };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
