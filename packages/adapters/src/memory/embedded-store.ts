import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type StoragePorts, Unavailable } from '@mnemon/core';
import { lockFolder } from './folder-lock.ts';
import { type Journal, openJournal } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { memoryCheckpoints } from './memory-checkpoints.ts';
import { memoryConflicts } from './memory-conflicts.ts';
import { memoryEntryIndex } from './memory-entry-index.ts';
import { memoryEventLog } from './memory-event-log.ts';
import { memoryImports } from './memory-imports.ts';
import { memoryInbox } from './memory-inbox.ts';
import { memoryLifetimes } from './memory-lifetimes.ts';
import { memoryLocks } from './memory-locks.ts';
import { memoryNodes } from './memory-nodes.ts';
import { memoryPolicies } from './memory-policies.ts';
import { memorySnapshots } from './memory-snapshots.ts';
import { memorySpaces } from './memory-spaces.ts';
import { memoryTaskWaiters } from './memory-task-waiters.ts';
import { memoryTasks } from './memory-tasks.ts';
import { memoryValues } from './memory-values.ts';
import { snapshot } from './snapshot.ts';
import { apply, emptyState, type State } from './state.ts';

export interface EmbeddedStoreOptions {
  /** A folder to keep the memory in, made when missing. Without one, it ends with the process. */
  path?: string;
  /** Milliseconds since 1970 that never go back: leases and waiting times are counted by it. */
  now?: () => number;
  /** Below this many bytes that are of no more use, the journal is left as it is. */
  compactAboveBytes?: number;
}

export interface EmbeddedStore extends StoragePorts {
  /** Lets go of the folder. What resolved before is kept, with or without it. */
  close(): Promise<void>;
}

/** What the ports of one store share. */
export interface Shared {
  /** Throws `Unavailable` once the store is closed, or once nobody knows what the state is. */
  state(): State;
  /**
   * Takes the step: first in the journal, then in the state. Throws `Unavailable` when it cannot be written, and what the
   * state threw when it cannot be applied; then nothing happened. Where the journal cannot undo that, all ends here.
   */
  commit(record: JournalRecord): void;
  now(): number;
}

const COMPACT_ABOVE_BYTES = 8 * 1024 * 1024;
const monotonicNow = (): number => performance.timeOrigin + performance.now();

/**
 * The storage ports for one machine: one process, all of it in memory, nothing but Node. With `path`, each step is in
 * the journal before its promise resolves (I1): it survives kill -9, not a loss of power.
 */
export function embeddedStore(options: EmbeddedStoreOptions = {}): EmbeddedStore {
  const { path, now = monotonicNow, compactAboveBytes = COMPACT_ABOVE_BYTES } = options;
  let state = emptyState();
  let supersededBytes = 0;
  const applied = (record: JournalRecord): void => {
    supersededBytes += apply(state, record);
  };
  const begin = () => {
    state = emptyState();
    supersededBytes = 0;
    return applied;
  };
  const kept = path === undefined ? undefined : openFolder(path, begin);
  let closed = false;
  /** By half of a record, which cannot be undone. */
  let isSpoilt = false;
  let compacting: Promise<void> | undefined;

  // History is dropped late, so a file is worth rewriting only when most of it is something else.
  const isWorthwhile = ({ journal }: Kept): boolean =>
    supersededBytes > compactAboveBytes && supersededBytes > journal.sizeBytes() / 2;

  const compact = async ({ journal }: Kept): Promise<void> => {
    supersededBytes = 0;
    // What cannot be rewritten stays as it is; the next attempt comes when as much again is of no more use.
    await journal.rewrite(snapshot(state)).catch(() => {});
    compacting = undefined;
  };

  const current = (): State => {
    if (closed || isSpoilt) throw new Unavailable('the embedded store');
    return state;
  };

  const shared: Shared = {
    now,
    state: current,
    commit: (record) => {
      current();
      onDisk(() => kept?.journal.append(record));
      try {
        applied(record);
      } catch (error) {
        // It may have been applied by half: the journal without it, if there is one, tells what the state is.
        isSpoilt = true;
        onDisk(() => kept?.journal.takeBack());
        isSpoilt = !kept;
        throw error;
      }
      if (kept && !compacting && isWorthwhile(kept)) compacting = compact(kept);
    },
  };

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    kept?.journal.close();
    await compacting;
    kept?.unlock();
  };

  return {
    log: memoryEventLog(shared),
    inbox: memoryInbox(shared),
    lifetimes: memoryLifetimes(shared),
    index: memoryEntryIndex(shared),
    nodes: memoryNodes(shared),
    spaces: memorySpaces(shared),
    snapshots: memorySnapshots(shared),
    values: memoryValues(shared),
    checkpoints: memoryCheckpoints(shared),
    imports: memoryImports(shared),
    conflicts: memoryConflicts(shared),
    policies: memoryPolicies(shared),
    locks: memoryLocks(shared),
    tasks: memoryTasks(shared),
    taskWaiters: memoryTaskWaiters(shared),
    close,
  };
}

interface Kept {
  journal: Journal;
  unlock: () => void;
}

function openFolder(path: string, begin: () => (record: JournalRecord) => void): Kept {
  mkdirSync(path, { recursive: true });
  const unlock = lockFolder(path);
  try {
    return { unlock, journal: openJournal(join(path, 'journal.ndjson'), begin) };
  } catch (error) {
    unlock();
    throw error;
  }
}

function onDisk(step: () => void): void {
  try {
    step();
  } catch (error) {
    throw new Unavailable('the embedded store', { cause: error });
  }
}
