import type { Cursor, JsonValue } from '@mnemon/protocol';
import { type PendingOp, valueAfter } from './pending-op.ts';

/** The commit that an ack named. */
export interface AckedCommit {
  readonly epoch: string;
  readonly partition: number;
  readonly seq: number;
}

/**
 * The client's own values, laid over the replica from the call on until the replica has reached the commit that holds
 * them: not merely until the ack came, which may overtake the commits before it (I9).
 */
export interface OwnWrites {
  add(pending: PendingOp): void;
  /** The newest own value of a key that the replica doesn't hold yet. `{ value: undefined }` is a deletion. */
  get(key: string): { readonly value: JsonValue | undefined } | undefined;
  /** It has no effect, or there is no replica to wait for. */
  remove(pending: PendingOp): void;
  /** It is in `commit`, and stays until the replica has reached that. */
  acked(pending: PendingOp, commit: AckedCommit): void;
  /** The replica is at `cursor`. */
  reached(cursor: Cursor, reloaded: boolean): void;
}

export function createOwnWrites(): OwnWrites {
  const byKey = new Map<string, PendingOp[]>();
  const waiting = new Map<PendingOp, AckedCommit>();

  function remove(pending: PendingOp): void {
    waiting.delete(pending);
    const { key } = pending.op;
    const others = byKey.get(key)?.filter((other) => other !== pending) ?? [];
    if (others.length === 0) byKey.delete(key);
    else byKey.set(key, others);
  }

  function reached(cursor: Cursor, reloaded: boolean): void {
    for (const [pending, { epoch, partition, seq }] of waiting) {
      // A reload into another epoch brought the state after that epoch's restore: what was acked before is in it or gone.
      const done = epoch === cursor.epoch ? seq <= (cursor.seq[partition] ?? 0) : reloaded;
      if (done) remove(pending);
    }
  }

  return {
    add(pending) {
      const { key } = pending.op;
      byKey.set(key, [...(byKey.get(key) ?? []), pending]);
    },
    get(key) {
      const newest = byKey.get(key)?.at(-1);
      return newest && { value: valueAfter(newest) };
    },
    remove,
    acked: (pending, commit) => void waiting.set(pending, commit),
    reached,
  };
}
