import {
  advance,
  allows,
  counterOf,
  type Entry,
  type ErrorCode,
  type EventType,
  type Grant,
  type HybridTime,
  type InstanceId,
  includes,
  LIMITS,
  latest,
  type MemoryEvent,
  type Metadata,
  type Op,
  type Outcome,
  tick,
  utf8Length,
} from '@mnemon/protocol';
import { isLater } from './last-write-wins.ts';

/** Who writes, as the verified token says. */
export interface Writer {
  instanceId: InstanceId;
  grants: readonly Grant[];
}

export interface Decision {
  outcome: Outcome;
  /** Left out when the operation changes nothing. */
  event?: MemoryEvent;
}

/**
 * What one operation does to the entry it finds; pure. An entry whose clock lies within what the writer has seen is
 * replaced; else both writes are concurrent, and the strategy decides. The server alone counts: the writer's own
 * earlier writes always count as seen, so an instance that restarted under its old id is safe.
 */
export function decide(entry: Entry | undefined, op: Op, writer: Writer, nowMs: number): Decision {
  const refusal = refuse(entry, op, writer, nowMs);
  if (refusal) return { outcome: refusal };
  if (op.op === 'delete' && entry?.value === undefined) return { outcome: { status: 'unchanged' } };
  const known = entry?.clock ?? {};
  const seen = { ...op.seen, [writer.instanceId]: counterOf(known, writer.instanceId) };
  // Whoever names the version that it replaces has seen it.
  return op.expectedVersion !== undefined || includes(seen, known)
    ? replace(entry, op, writer, nowMs)
    : resolve(entry as Entry, op, writer, nowMs);
}

function refuse(entry: Entry | undefined, op: Op, writer: Writer, nowMs: number): Outcome | undefined {
  if (!allows(writer.grants, 'write', op.key)) {
    return refused('forbidden', `no grant to write ${op.key}`);
  }
  if (op.hlc.wallMs < nowMs - LIMITS.writeAgeMs) {
    return refused('too-old', 'written longer ago than deletions are remembered');
  }
  if (op.op === 'increment' || op.op === 'change-set') return refused('bad-request', `no ${op.op} yet`);
  if (op.op === 'put' && utf8Length(JSON.stringify(op.value)) > LIMITS.valueBytes) {
    return refused('value-too-large', `a value has at most ${LIMITS.valueBytes} bytes`);
  }
  const exists = entry?.value !== undefined;
  if (op.expectedVersion !== undefined && op.expectedVersion !== (exists ? entry.version : 0)) {
    const conflict = refused('conflict', `the entry is at version ${exists ? entry.version : 0}`);
    return exists ? { ...conflict, current: entry } : conflict;
  }
  return undefined;
}

type Refused = Extract<Outcome, { status: 'refused' }>;
const refused = (code: ErrorCode, message: string): Refused => ({ status: 'refused', code, message });

function replace(entry: Entry | undefined, op: Op, writer: Writer, nowMs: number): Decision {
  const exists = entry?.value !== undefined;
  const type: EventType = op.op === 'delete' ? 'deleted' : exists ? 'updated' : 'created';
  const own = clamp(op.hlc, nowMs);
  // A write that has seen another is later than it, whatever the writer's wall clock says.
  const hlc = entry ? latest(own, tick(entry.hlc, 0)) : own;
  const event = makeEvent(type, entry, op, writer, {
    hlc,
    author: writer.instanceId,
    ...contentOf(op, nowMs),
  });
  return { event, outcome: { status: 'applied', version: event.version } };
}

function resolve(entry: Entry, op: Op, writer: Writer, nowMs: number): Decision {
  const mine = { hlc: clamp(op.hlc, nowMs), author: writer.instanceId, ...contentOf(op, nowMs) };
  const event = makeEvent('merged', entry, op, writer, isLater(mine, entry) ? mine : entry);
  return { event, outcome: { status: 'merged', version: event.version } };
}

type Content = Metadata & Pick<MemoryEvent, 'value' | 'expiresAtMs'>;
type Side = Pick<MemoryEvent, 'hlc' | 'author'> & Content;

function makeEvent(
  type: EventType,
  entry: Entry | undefined,
  op: Op,
  writer: Writer,
  side: Side,
): MemoryEvent {
  const { hlc, author } = side;
  return {
    type,
    key: op.key,
    version: (entry?.version ?? 0) + 1,
    clock: advance(entry?.clock ?? {}, writer.instanceId),
    hlc,
    author,
    ...pick(side, CONTENT),
  };
}

const CONTENT = ['value', 'tags', 'importance', 'entities', 'relationships', 'expiresAtMs'] as const;

/** What the version that `op` makes is about; a put is a whole version: what it does not name, it does not have. */
function contentOf(op: Op, nowMs: number): Content {
  if (op.op !== 'put') return pick(op as Content, ['importance']);
  const content = pick(op as Content, CONTENT);
  return op.ttlMs === undefined ? content : { ...content, expiresAtMs: nowMs + op.ttlMs };
}

/** The fields of those names that there are: a field without a value has no canonical text. */
function pick<Field extends keyof Content>(from: Content, fields: readonly Field[]): Pick<Content, Field> {
  const present = fields.filter((field) => from[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, from[field]])) as Pick<Content, Field>;
}

/** A clock that runs ahead may not win for ever. */
function clamp(hlc: HybridTime, nowMs: number): HybridTime {
  const latestMs = nowMs + LIMITS.clockAheadMs;
  return hlc.wallMs > latestMs ? { wallMs: latestMs, counter: 0 } : hlc;
}

/** The entry that `event` leaves behind. */
export function evolve(event: MemoryEvent, partition: number, seq: number): Entry {
  const { type: _, merged: __, ...version } = event;
  return { ...version, partition, seq };
}
