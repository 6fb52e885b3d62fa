import {
  allows,
  type Entry,
  type ErrorCode,
  type Grant,
  type InstanceId,
  LIMITS,
  type Outcome,
} from '@mnemon/protocol';
import { shown } from './shown.ts';
import { sizeOf } from './split-delivery.ts';
import type { StoredOp } from './stored-op.ts';

/** Who writes, as the verified token says. */
export interface Writer {
  instanceId: InstanceId;
  grants: readonly Grant[];
}

type Refused = Extract<Outcome, { status: 'refused' }>;
export const refused = (code: ErrorCode, message: string): Refused => ({ status: 'refused', code, message });

/** What a refusal depends on beside the entry. */
export interface Standing {
  nowMs: number;
  /** The newest token of each lock that operations name; one that has none is missing. */
  tokens?: ReadonlyMap<string, number>;
}

/** Why an operation may not even be tried, if so. */
export function refuseOp(
  entry: Entry | undefined,
  op: StoredOp,
  writer: Writer,
  { nowMs, tokens }: Standing,
): Outcome | undefined {
  if (!allows(writer.grants, 'write', op.key)) {
    return refused('forbidden', `no grant to write ${op.key}`);
  }
  if (op.fence && !allows(writer.grants, 'write', op.fence.lock)) {
    return refused('forbidden', `no grant to write ${op.fence.lock}`);
  }
  // I7: a lock is never given a token twice, so what is stale now is so for ever.
  if (op.fence && tokens?.get(op.fence.lock) !== op.fence.token) {
    return refused('stale-token', `the lock ${op.fence.lock} has had another holder since`);
  }
  if (op.hlc.wallMs < nowMs - LIMITS.writeAgeMs) {
    return refused('too-old', 'written longer ago than deletions are remembered');
  }
  if (op.op === 'put' && sizeOf(op.value) > LIMITS.valueBytes) {
    return refused('value-too-large', `a value has at most ${LIMITS.valueBytes} bytes`);
  }
  const exists = entry?.value !== undefined;
  if (op.expectedVersion !== undefined && op.expectedVersion !== (exists ? entry.version : 0)) {
    const conflict = refused('conflict', `the entry is at version ${exists ? entry.version : 0}`);
    return exists ? { ...conflict, current: shown(entry) } : conflict;
  }
  return undefined;
}
