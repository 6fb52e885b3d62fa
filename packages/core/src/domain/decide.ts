import {
  counterOf,
  type Entry,
  includes,
  LIMITS,
  latest,
  type MemoryEvent,
  type Outcome,
  type Policy,
  policyFor,
  tick,
  type VectorClock,
} from '@mnemon/protocol';
import type { Conflict } from './conflict.ts';
import { decideChange } from './decide-change.ts';
import { takesLargeValues } from './large-value.ts';
import { clamp, isTooLarge, makeEvent, mergedSiblings } from './make-event.ts';
import { refused, refuseOp, type Standing, type Writer } from './refuse-op.ts';
import { type Rule, resolve } from './resolve.ts';
import type { StoredOp } from './stored-op.ts';
import { isLater } from './strategies/later.ts';
import { STRATEGY_RULES } from './strategies/strategies.ts';
import type { Base } from './strategies/strategy.ts';
import { asVersion, type Version, versionOf } from './version.ts';

export { evolve } from '@mnemon/protocol';
export type { Writer } from './refuse-op.ts';

const DEFAULT_STRATEGY = 'last-write-wins';

/** What a decision knows beside the entry. */
export interface Surroundings extends Standing {
  policies: readonly Policy[];
  /** The event of a key at a `seq` of the log, `undefined` when there is none; `'not-loaded'` asks for it. */
  eventAt(seq: number, key: string): MemoryEvent | undefined | 'not-loaded';
}

export interface Decision {
  outcome: Outcome;
  /** Left out when the operation changes nothing. */
  event?: MemoryEvent;
  conflict?: Conflict;
  /** The `seq` of a commit without which this decision is not final. */
  needs?: number;
}

/**
 * What one operation does to the entry it finds; pure. An entry whose clock lies within what the writer has seen is
 * replaced; else both writes are concurrent, and the strategy decides. The server alone counts: the writer's own
 * earlier writes always count as seen, so an instance that restarted under its old id is safe.
 */
export function decide(
  entry: Entry | undefined,
  op: StoredOp,
  writer: Writer,
  around: Surroundings,
): Decision {
  const { nowMs } = around;
  const refusal = refuseOp(entry, op, writer, around);
  if (refusal) return { outcome: refusal };
  const known = entry?.clock ?? {};
  const ownCount = counterOf(known, writer.instanceId);
  // Whoever names the version that it replaces has seen it.
  const seen = op.expectedVersion === undefined ? { ...op.seen, [writer.instanceId]: ownCount } : known;
  const dot = { [writer.instanceId]: ownCount + 1 };
  if (op.op === 'increment' || op.op === 'change-set') {
    return decideChange(entry, op, writer, { seen, dot, nowMs });
  }
  const policy = policyFor(around.policies, op.key);
  const rule = ruleFor(op, policy);
  if (op.large && !takesLargeValues(rule.strategy)) {
    const message = `${rule.strategy} takes values of at most ${LIMITS.valueBytes} bytes`;
    return { outcome: refused('value-too-large', message) };
  }
  const ttlMs = op.op === 'put' ? (op.ttlMs ?? policy?.ttlMs) : undefined;
  const identity = { hlc: clamp(op.hlc, nowMs), author: writer.instanceId, clock: dot };
  const arrived = versionOf(op, identity, ttlMs && nowMs + ttlMs);
  const hasSeenAll = includes(seen, known);
  // A tombstone that remembers what it met is merged like a value: its fields' times are to be those of both deletions.
  if (op.op === 'delete' && isNothing(entry) && (hasSeenAll || !entry?.merging)) {
    return deleteNothing(op.key, entry, arrived, writer);
  }
  if (hasSeenAll) return replace(op.key, entry, arrived, writer, rule);
  const stored = entry as Entry;
  const base = STRATEGY_RULES[rule.strategy].needsBase ? baseOf(stored, op, writer, around) : 'unknown';
  if (typeof base === 'number') return { outcome: { status: 'unchanged' }, needs: base };
  const { event, conflict } = resolve(op.key, stored, arrived, writer, rule, { base, seen });
  return { event, conflict, outcome: { status: 'merged', version: event.version } };
}

function ruleFor({ strategy }: StoredOp, policy: Policy | undefined): Rule {
  if (strategy) return { strategy };
  return policy?.strategy
    ? { strategy: policy.strategy, pattern: policy.pattern }
    : { strategy: DEFAULT_STRATEGY };
}

const isNothing = (entry: Entry | undefined): boolean => entry?.value === undefined && !entry?.siblings;

/**
 * Where nothing is, a deletion leaves its time, if it is later than what is known: a concurrent put that arrives after it
 * is compared with it, as it would be had it come first.
 */
function deleteNothing(key: string, entry: Entry | undefined, arrived: Version, writer: Writer): Decision {
  const outcome: Outcome = { status: 'unchanged' };
  if (entry && !isLater(arrived, entry)) return { outcome };
  const { hlc, author, importance } = arrived;
  const made = { ...(entry && asVersion(entry)), ...arrived, hlc, author };
  const weight = Math.max(importance ?? 0, entry?.importance ?? 0);
  const tombstone = weight > 0 ? { ...made, importance: weight } : made;
  return { outcome, event: makeEvent('deleted', key, entry, writer, tombstone) };
}

function replace(
  key: string,
  entry: Entry | undefined,
  arrived: Version,
  writer: Writer,
  rule: Rule,
): Decision {
  const exists = entry?.value !== undefined;
  const type = arrived.value === undefined ? 'deleted' : exists ? 'updated' : 'created';
  // A write that has seen another is later than it, whatever the writer's wall clock says.
  const later = entry ? { ...arrived, hlc: latest(arrived.hlc, tick(entry.hlc, 0)) } : arrived;
  const stored = entry && asVersion(entry);
  const made = STRATEGY_RULES[rule.strategy].replace?.(stored, later) ?? later;
  const event = entry?.siblings
    ? { ...makeEvent('merged', key, entry, writer, made), merged: mergedSiblings(entry.siblings) }
    : makeEvent(type, key, entry, writer, made);
  if (isTooLarge(event))
    return { outcome: refused('value-too-large', 'with all that it carries, too large') };
  return { event, outcome: { status: 'applied', version: event.version } };
}

/** What the writer had read, or the `seq` of the commit that has to be asked. */
function baseOf(
  entry: Entry,
  { key, seen, seenSeq }: StoredOp,
  { instanceId }: Writer,
  { eventAt }: Surroundings,
): Base | number {
  // Its own writes count as seen, but which of them it had before it, nobody knows.
  const hasWrittenSince = (clock: VectorClock) =>
    counterOf(entry.clock, instanceId) > counterOf(clock, instanceId);
  if (hasWrittenSince(seen)) return 'unknown';
  if (Object.keys(seen).length === 0) return {};
  if (seenSeq === undefined) return 'unknown';
  const event = eventAt(seenSeq, key);
  if (event === 'not-loaded') return seenSeq;
  return event && !event.large && isSame(event.clock, seen) ? { value: event.value } : 'unknown';
}

const isSame = (a: VectorClock, b: VectorClock): boolean => includes(a, b) && includes(b, a);
