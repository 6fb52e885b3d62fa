import { type JsonValue, LIMITS, type Op, type Outcome } from '@mnemon/protocol';
import { fromOutcome, type MnemonError } from '../mnemon-error.ts';
import { jsonBytes } from './json-bytes.ts';

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
  waiters: Waiter[];
  /** In the queue, not in a batch. */
  isQueued: boolean;
  /** The own operation on the same key before this one, if that is not answered and heard of yet. */
  earlier: PendingOp | undefined;
  /** The one after this. */
  later: PendingOp | undefined;
}

export const pendingOp = (op: Op, sizeBytes: number): PendingOp => ({
  op,
  sizeBytes,
  waiters: [],
  isQueued: false,
  earlier: undefined,
  later: undefined,
});

/** The longest `hlc` that a clock can show. */
const HLC_BYTES = jsonBytes({ wallMs: 2 ** 48 - 1, counter: 2 ** 16 - 1 });

/** What an operation adds to a frame at most. One whose value no frame carries fills a batch, whatever it adds. */
export function sizeOfOp(op: Op): number {
  let sizeBytes = 2;
  for (const field in op) {
    // Name, quotes, colon and comma; the names are ASCII.
    sizeBytes += field.length + 4 + (field === 'hlc' ? HLC_BYTES : jsonBytes(op[field as 'key']));
  }
  const mayBeLarge = op.op === 'put' && sizeBytes > LIMITS.valueBytes;
  return mayBeLarge && jsonBytes(op.value as JsonValue) > LIMITS.valueBytes
    ? Math.max(sizeBytes, LIMITS.batchBytes)
    : sizeBytes;
}

export interface Waiter {
  resolve(written: Written): void;
  reject(error: MnemonError, key: string): void;
}

export function settle(pending: PendingOp, outcome: Outcome): void {
  if (outcome.status === 'refused') {
    reject(pending, fromOutcome(outcome));
    return;
  }
  const version = outcome.status === 'unchanged' ? 0 : outcome.version;
  const written = { key: pending.op.key, version, merged: outcome.status === 'merged' };
  for (const waiter of pending.waiters) waiter.resolve(written);
}

export function reject({ op, waiters }: PendingOp, error: MnemonError): void {
  for (const waiter of waiters) waiter.reject(error, op.key);
}

/** Resolves when `pending` was acked, refused or given up. */
export const answered = ({ waiters }: PendingOp): Promise<void> =>
  new Promise((resolve) => waiters.push({ resolve: () => resolve(), reject: () => resolve() }));
