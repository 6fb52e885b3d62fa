import type { VectorClock } from '@mnemon/protocol';
import { type Entry, LIMITS, latest, type MemoryEvent, type Op, type Outcome } from '@mnemon/protocol';
import { canonicalText } from './commit.ts';
import { clamp, isTooLarge, makeEvent } from './make-event.ts';
import { refused, type Writer } from './refuse-op.ts';
import { shown } from './shown.ts';
import { incremented } from './strategies/counter.ts';
import { changedSet } from './strategies/set.ts';
import { asVersion, type Version } from './version.ts';

type Change = Extract<Op, { op: 'increment' | 'change-set' }>;

/**
 * What an operation does that carries a change instead of a value: it is applied to whatever is there, so that none is
 * lost, and meets no conflict. All else of the entry stays as it is.
 */
export function decideChange(
  entry: Entry | undefined,
  op: Change,
  writer: Writer,
  { seen, dot, nowMs }: { seen: VectorClock; dot: VectorClock; nowMs: number },
): { outcome: Outcome; event?: MemoryEvent } {
  if (entry?.siblings) {
    return {
      outcome: { ...refused('conflict', 'several versions stand side by side'), current: shown(entry) },
    };
  }
  const own = clamp(op.hlc, nowMs);
  const hlc = entry ? latest(entry.hlc, own) : own;
  const identity = { hlc, author: writer.instanceId, clock: dot };
  const stored = entry && asVersion(entry);
  const made = op.op === 'increment' ? count(stored, op.by, identity) : collect(stored, op, identity, seen);
  if (!made) return { outcome: refused('bad-value', `what is there takes no ${op.op}`) };
  if (isNothing(stored, made)) return { outcome: { status: 'unchanged' } };
  const event = makeEvent(stored?.value === undefined ? 'created' : 'updated', op.key, entry, writer, made);
  if (isTooLarge(event)) {
    return { outcome: refused('value-too-large', `a value has at most ${LIMITS.valueBytes} bytes`) };
  }
  return { outcome: { status: 'applied', version: event.version }, event };
}

type Identity = Pick<Version, 'hlc' | 'author' | 'clock'>;

function count(stored: Version | undefined, by: number, identity: Identity): Version | undefined {
  const value = incremented(stored, by);
  return value === undefined ? undefined : { ...existing(stored), ...identity, value };
}

function collect(
  stored: Version | undefined,
  { add = [], remove = [] }: Extract<Op, { op: 'change-set' }>,
  identity: Identity,
  seen: VectorClock,
): Version | undefined {
  return changedSet(existing(stored), { add, remove }, identity, seen);
}

const existing = (stored: Version | undefined) => (stored?.value === undefined ? undefined : stored);

/** A removal of what is not there. (An addition always counts: it outlives a removal that has not seen it.) */
const isNothing = (stored: Version | undefined, made: Version): boolean =>
  Array.isArray(made.value) &&
  (stored?.value === undefined
    ? made.value.length === 0
    : canonicalText([stored.value, stored.merging ?? null]) ===
      canonicalText([made.value, made.merging ?? null]));
