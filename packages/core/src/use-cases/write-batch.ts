import { type Ack, allows, type Batch, LIMITS, type Op, wireError } from '@mnemon/protocol';
import type { Identity } from '../domain/caller.ts';
import { setApart } from '../domain/large-value.ts';
import { clamp } from '../domain/make-event.ts';
import { sizeOf } from '../domain/split-delivery.ts';
import type { Pause } from '../ports/pause.ts';
import type { Ports } from '../ports/ports.ts';
import { type Answered, refuse } from './refusal.ts';
import { writeAndWait } from './write-and-wait.ts';

type Put = Extract<Op, { op: 'put' }>;

const isLarge = (op: Op): op is Put => op.op === 'put' && sizeOf(op.value) > LIMITS.valueBytes;

/**
 * Writes a batch for a writer without a connection, and answers its ack. A put of a value that no frame could carry goes
 * alone: its value is kept beside the log, and everybody is told its size and hash.
 */
export async function writeBatch(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  batch: Batch,
): Promise<Answered<Ack & { epoch: string }>> {
  const [op] = batch.ops;
  if (op && batch.ops.length === 1 && isLarge(op)) return writeLarge(ports, pause, identity, batch, op);
  if (batch.ops.some(isLarge)) {
    return refuse(
      wireError('value-too-large', `a value of more than ${LIMITS.valueBytes} bytes is written alone`),
    );
  }
  if (sizeOf(batch.ops) > LIMITS.batchBytes) {
    return refuse(wireError('batch-too-large', `a batch has at most ${LIMITS.batchBytes} bytes`));
  }
  return writeAndWait(ports, pause, identity, batch);
}

async function writeLarge(
  ports: Ports,
  pause: Pause,
  identity: Identity,
  batch: Batch,
  op: Put,
): Promise<Answered<Ack & { epoch: string }>> {
  const { space, grants } = identity;
  const { key } = op;
  const { large, text } = setApart(op.value);
  if (large.sizeBytes > LIMITS.largeValueBytes) {
    return refuse(wireError('value-too-large', `a value has at most ${LIMITS.largeValueBytes} bytes`));
  }
  const nowMs = ports.clock.now();
  // 1. Keep the value. Whoever dies after this has left behind what nothing names: compaction takes it out.
  if (allows(grants, 'write', key)) {
    await ports.values.put({ space, partition: 0 }, { key, hash: large.hash }, text, nowMs);
  }
  // 2. Commit what names it. From now on it is as old as its value: refused as too old before that may be gone.
  const stored = { ...op, value: null, large, hlc: clamp(op.hlc, nowMs) };
  return writeAndWait(ports, pause, identity, { ...batch, ops: [stored] });
}
