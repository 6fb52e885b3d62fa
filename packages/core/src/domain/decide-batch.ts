import { type Batch, type Entry, type MemoryEvent, type Outcome, utf8Length } from '@mnemon/protocol';
import { decide, evolve, type Writer } from './decide.ts';

/** The current entries of the keys that are about to be written; a missing key has never been written. */
export type Entries = ReadonlyMap<string, Entry>;

export interface BatchDecision {
  events: readonly MemoryEvent[];
  outcomes: readonly Outcome[];
  /** The state for whatever is decided next. */
  entries: Entries;
}

/** Outcomes travel in one frame and are kept in the log: beyond this, conflicts no longer carry the entry they met. */
const CURRENT_ENTRIES_BYTES = 24 * 1024;

/** A small write that loses against a large entry repeats the large one: a batch of them must not make a huge commit. */
const MERGED_BYTES = 1024 * 1024;

/** Decides the operations of a batch one after the other, each on what the ones before it made; pure. */
export function decideBatch(
  entries: Entries,
  batch: Batch,
  writer: Writer,
  at: { partition: number; seq: number; nowMs: number },
): BatchDecision {
  const next = new Map(entries);
  const events: MemoryEvent[] = [];
  const outcomes: Outcome[] = [];
  let roomBytes = CURRENT_ENTRIES_BYTES;
  let mergedRoomBytes = MERGED_BYTES;
  for (const op of batch.ops) {
    const { event, outcome } = decide(next.get(op.key), op, writer, at.nowMs);
    if (event?.type === 'merged') mergedRoomBytes -= utf8Length(JSON.stringify(event));
    if (event && mergedRoomBytes < 0) {
      outcomes.push({
        status: 'refused',
        code: 'batch-too-large',
        message: 'too much to merge in one batch',
      });
      continue;
    }
    if (event) {
      events.push(event);
      next.set(op.key, evolve(event, at.partition, at.seq));
    }
    if (outcome.status === 'refused' && outcome.current) {
      roomBytes -= utf8Length(JSON.stringify(outcome.current));
      if (roomBytes < 0) {
        const { current: _, ...bare } = outcome;
        outcomes.push(bare);
        continue;
      }
    }
    outcomes.push(outcome);
  }
  return { events, outcomes, entries: next };
}
