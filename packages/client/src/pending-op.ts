import { LIMITS, type Op, type Outcome, utf8Length } from '@mnemon/protocol';
import { fromOutcome, type MnemonError } from './mnemon-error.ts';

/** What an acked write made of its key. */
export interface Written {
  readonly key: string;
  /** The key's version now. 0 after a `delete` that found nothing to delete. */
  readonly version: number;
  /** Whether it met a concurrent write, so that the value may be another one than was written. */
  readonly merged: boolean;
}

/** One operation on its way, with everybody who waits for it. In the queue it may still change, in a batch no more. */
export interface PendingOp {
  op: Op;
  /** As `sizeOfOp` tells. */
  sizeBytes: number;
  readonly waiters: Waiter[];
}

/** What an operation adds to a frame. One whose value no frame carries fills a batch, whatever it adds. */
export function sizeOfOp(op: Op): number {
  const sizeBytes = utf8Length(JSON.stringify(op)) + 1;
  const mayBeLarge = op.op === 'put' && sizeBytes > LIMITS.valueBytes;
  return mayBeLarge && utf8Length(JSON.stringify(op.value)) > LIMITS.valueBytes
    ? Math.max(sizeBytes, LIMITS.batchBytes)
    : sizeBytes;
}

export interface Waiter {
  resolve(written: Written): void;
  reject(error: MnemonError): void;
}

export function settle({ op, waiters }: PendingOp, outcome: Outcome): void {
  if (outcome.status === 'refused') {
    reject(waiters, fromOutcome(outcome));
    return;
  }
  const version = outcome.status === 'unchanged' ? 0 : outcome.version;
  for (const { resolve } of waiters) resolve({ key: op.key, version, merged: outcome.status === 'merged' });
}

export function reject(waiters: readonly Waiter[], error: MnemonError): void {
  for (const waiter of waiters) waiter.reject(error);
}
