import type { Cursor, JsonValue, Op } from '@mnemon/protocol';
import type { Witness } from '../replica/witnesses.ts';
import { isWhole, valueAfter } from './optimistic-value.ts';
import type { PendingOp } from './pending-op.ts';

/** The commit that an ack named. */
interface AckedCommit {
  readonly epoch: string;
  readonly partition: number;
  readonly seq: number;
}

/**
 * The client's own values, laid over the replica from the call on until the replica has reached the commit that holds
 * them: not merely until the ack came, which may overtake the commits before it (I9).
 */
export interface OwnWrites {
  /** It is new, after `last`; or it is that, and a later operation has taken its place in the queue. */
  add(pending: PendingOp, last: PendingOp | undefined): void;
  /**
   * What the own operations on a key that the replica doesn't hold yet make of its value, `below`. `{ value: undefined }`
   * is a deletion.
   */
  get(key: string, below?: JsonValue): { readonly value: JsonValue | undefined } | undefined;
  /** The newest operation on it. */
  newest(key: string): PendingOp | undefined;
  /** Those of which there is something. */
  keys(): Iterable<string>;
  /** Whether that does not depend on what is below. */
  isWhole(key: string): boolean;
  /** It has no effect, or there is no replica to wait for. */
  remove(pending: PendingOp): void;
  /** It is in `commit`, and stays until the replica has reached that. */
  acked(pending: PendingOp, commit: AckedCommit): void;
  /** The replica is at `cursor`. `isCurrent`: the server has just said that this is the epoch. */
  reached(cursor: Cursor, isCurrent: boolean): void;
}

export function createOwnWrites({ written, changed }: Pick<Witness, 'written' | 'changed'>): OwnWrites {
  const newest = new Map<string, PendingOp>();
  const waiting = new Map<PendingOp, AckedCommit>();
  let replicaAt: Cursor | undefined;

  /** What makes its value: the newest operation that leaves nothing of what was there, and all after it, in that order. */
  function effective(key: string): Op[] {
    const ops: Op[] = [];
    for (let each = newest.get(key); each; each = isWhole(each.op) ? undefined : each.earlier)
      ops.push(each.op);
    return ops.reverse();
  }

  /** It takes as long however many there are: a counter may have thousands waiting. */
  function remove(pending: PendingOp): void {
    waiting.delete(pending);
    const { earlier, later } = pending;
    const { key } = pending.op;
    if (later) later.earlier = earlier;
    else if (earlier) newest.set(key, earlier);
    else newest.delete(key);
    if (earlier) earlier.later = later;
    changed(key);
  }

  function reached(cursor: Cursor, isCurrent: boolean): void {
    replicaAt = cursor;
    for (const [pending, commit] of waiting) {
      // What was acked in an epoch that is over: the restore that ended it kept the write, or it is gone.
      if (includes(cursor, commit) || (isCurrent && cursor.epoch !== commit.epoch)) remove(pending);
    }
  }

  function acked(pending: PendingOp, commit: AckedCommit): void {
    if (replicaAt && includes(replicaAt, commit)) remove(pending);
    else waiting.set(pending, commit);
  }

  return {
    add(pending, last) {
      const { key } = pending.op;
      if (last !== pending) {
        pending.earlier = last;
        if (last) last.later = pending;
        newest.set(key, pending);
      }
      written(key);
    },
    get(key, below) {
      return newest.get(key) && { value: valueAfter(effective(key), below) };
    },
    newest: (key) => newest.get(key),
    keys: () => newest.keys(),
    isWhole: (key) => effective(key).some(isWhole),
    remove,
    acked,
    reached,
  };
}

const includes = (cursor: Cursor, { epoch, partition, seq }: AckedCommit): boolean =>
  epoch === cursor.epoch && seq <= (cursor.seq[partition] ?? 0);
