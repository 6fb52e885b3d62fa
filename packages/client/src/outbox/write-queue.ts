import { LIMITS, type Op } from '@mnemon/protocol';
import { MnemonError } from '../mnemon-error.ts';
import { isWhole } from './optimistic-value.ts';
import type { PendingOp } from './pending-op.ts';

/** What the frame around the operations takes at most: envelope, client, `n`, `resend`. */
const FRAME_OVERHEAD_BYTES = 1_024;

/** What the operations of one batch may add up to, where messages are limited to `maxMessageBytes`. */
export const maxOpsBytes = (maxMessageBytes: number): number =>
  Math.min(LIMITS.batchBytes, maxMessageBytes) - FRAME_OVERHEAD_BYTES;

/** Throws for an operation that no batch carries. */
export function checkFits(sizeBytes: number, batchBytes: number): void {
  if (sizeBytes <= batchBytes) return;
  const limit = Math.min(batchBytes, LIMITS.valueBytes);
  const message = `an operation has at most ${limit} bytes where there is no \`httpUrl\``;
  throw new MnemonError('value-too-large', message);
}

/** Operations that aren't in a batch yet, in the order of their calls. */
export interface WriteQueue {
  readonly length: number;
  readonly sizeBytes: number;
  /** Whether a batch taken now would have no room left. */
  readonly isFull: boolean;
  /**
   * Adds an operation, or puts it in the place of the key's newest one: nobody needs a value that the same batch
   * overwrites. (In an earlier batch it stays: a reader would see it before what was written between.) Everybody who
   * waited for that one waits for this one then. Answers what stands in the queue now. `last` is the newest operation on
   * the key, wherever it is.
   */
  add(pending: PendingOp, last: PendingOp | undefined): PendingOp;
  /** Adds an operation that stays as it is, whatever is before it. */
  append(pending: PendingOp): void;
  /** What a call now waits for longest. */
  readonly newest: PendingOp | undefined;
  /** Takes out the next batch. */
  take(): PendingOp[];
  clear(): PendingOp[];
}

/** An empty queue, whose batches hold at most `batchBytes` of operations. */
export function createWriteQueue(batchBytes: number): WriteQueue {
  let queue: PendingOp[] = [];
  let sizeBytes = 0;

  function add(pending: PendingOp, last: PendingOp | undefined): PendingOp {
    const isReplacing = last?.isQueued && mayReplace(last.op, pending.op);
    if (!isReplacing || !fitsOneBatch(pending.sizeBytes - last.sizeBytes)) {
      append(pending);
      return pending;
    }
    sizeBytes += pending.sizeBytes - last.sizeBytes;
    last.op = pending.op;
    last.sizeBytes = pending.sizeBytes;
    last.waiters.push(...pending.waiters);
    return last;
  }

  function append(pending: PendingOp): void {
    pending.isQueued = true;
    queue.push(pending);
    sizeBytes += pending.sizeBytes;
  }

  const fitsOneBatch = (growth: number) =>
    queue.length <= 1 || (queue.length <= LIMITS.batchOps && sizeBytes + growth <= batchBytes);

  function countOfNextBatch(): number {
    let total = 0;
    const end = queue.findIndex(({ sizeBytes }, at) => {
      total += sizeBytes;
      return at > 0 && (at >= LIMITS.batchOps || total > batchBytes);
    });
    return end < 0 ? queue.length : end;
  }

  function take(): PendingOp[] {
    const batch = queue.splice(0, countOfNextBatch());
    for (const pending of batch) {
      sizeBytes -= pending.sizeBytes;
      pending.isQueued = false;
    }
    return batch;
  }

  function clear(): PendingOp[] {
    const all = queue;
    queue = [];
    sizeBytes = 0;
    return all;
  }

  return {
    get length() {
      return queue.length;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    get newest() {
      return queue.at(-1);
    },
    get isFull() {
      return queue.length >= LIMITS.batchOps || sizeBytes >= batchBytes;
    },
    add,
    append,
    take,
    clear,
  };
}

/**
 * A condition on the version is checked for each operation that carries one, so those stay as they are; so do changes,
 * none of which may be lost.
 */
const mayReplace = (last: Op, next: Op): boolean =>
  isWhole(last) &&
  isWhole(next) &&
  last.strategy === next.strategy &&
  last.fence?.lock === next.fence?.lock &&
  last.fence?.token === next.fence?.token &&
  last.expectedVersion === undefined &&
  next.expectedVersion === undefined;
