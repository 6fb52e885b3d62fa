import type { Entry, MemoryEvent, Outcome } from '@mnemon/protocol';
import type { Conflict } from './conflict.ts';
import { decide, evolve, type Surroundings, type Writer } from './decide.ts';
import { meetExpiry } from './expiry.ts';
import { sizeOf } from './split-delivery.ts';
import type { StoredBatch, StoredOp } from './stored-op.ts';

/** The current entries of the keys that are about to be written; a missing key has never been written. */
export type Entries = ReadonlyMap<string, Entry>;

export interface BatchDecision {
  events: readonly MemoryEvent[];
  outcomes: readonly Outcome[];
  conflicts: readonly Conflict[];
  /** The commits without which this is not final. */
  needs: readonly number[];
  /** The state for whatever is decided next. */
  entries: Entries;
}

/** Outcomes travel in one frame and are kept in the log: beyond this, conflicts no longer carry the entry they met. */
const CURRENT_ENTRIES_BYTES = 24 * 1024;

/** A small write may make a large version of a large entry: a batch of them must not make a huge commit. */
const GROWN_BYTES = 1024 * 1024;

const isGrown = (event: MemoryEvent, op: StoredOp): boolean =>
  event.merged !== undefined || event.merging !== undefined || (op.op !== 'put' && op.op !== 'delete');

/** Decides the operations of a batch one after the other, each on what the ones before it made; pure. */
export function decideBatch(
  entries: Entries,
  batch: StoredBatch,
  writer: Writer,
  at: Surroundings & { partition: number; seq: number },
): BatchDecision {
  const next = new Map(entries);
  const events: MemoryEvent[] = [];
  const outcomes: Outcome[] = [];
  const conflicts: Conflict[] = [];
  const needs: number[] = [];
  let roomBytes = CURRENT_ENTRIES_BYTES;
  let grownRoomBytes = GROWN_BYTES;
  for (const written of batch.ops) {
    const { entry, op } = meetExpiry(next.get(written.key), written, at.nowMs);
    const { event, outcome, conflict, needs: needed } = decide(entry, op, writer, at);
    if (needed !== undefined) needs.push(needed);
    if (event && isGrown(event, op)) grownRoomBytes -= sizeOf(event);
    if (event && grownRoomBytes < 0) {
      outcomes.push({
        status: 'refused',
        code: 'batch-too-large',
        message: 'too much to merge in one batch',
      });
      continue;
    }
    if (event) {
      events.push(event);
      if (conflict) conflicts.push(conflict);
      next.set(op.key, evolve(event, at.partition, at.seq));
    }
    if (outcome.status === 'refused' && outcome.current) {
      roomBytes -= sizeOf(outcome.current);
      if (roomBytes < 0) {
        const { current: _, ...bare } = outcome;
        outcomes.push(bare);
        continue;
      }
    }
    outcomes.push(outcome);
  }
  return { events, outcomes, conflicts, needs, entries: next };
}
