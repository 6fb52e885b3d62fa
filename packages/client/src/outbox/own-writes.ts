import type { Cursor, JsonValue } from '@mnemon/protocol';
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
  /** It is new, or a later operation has taken its place in the queue. */
  add(pending: PendingOp): void;
  /**
   * What the own operations on a key that the replica doesn't hold yet make of its value, `below`. `{ value: undefined }`
   * is a deletion.
   */
  get(key: string, below?: JsonValue): { readonly value: JsonValue | undefined } | undefined;
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
  const byKey = new Map<string, PendingOp[]>();
  const waiting = new Map<PendingOp, AckedCommit>();
  let replicaAt: Cursor | undefined;

  function remove(pending: PendingOp): void {
    waiting.delete(pending);
    const { key } = pending.op;
    const others = byKey.get(key)?.filter((other) => other !== pending) ?? [];
    if (others.length === 0) byKey.delete(key);
    else byKey.set(key, others);
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
    add(pending) {
      const { key } = pending.op;
      const own = byKey.get(key);
      if (!own) byKey.set(key, [pending]);
      else if (own.at(-1) !== pending) own.push(pending);
      written(key);
    },
    get(key, below) {
      const own = byKey.get(key)?.map(({ op }) => op);
      return own && { value: valueAfter(own, below) };
    },
    keys: () => byKey.keys(),
    isWhole: (key) => byKey.get(key)?.some(({ op }) => isWhole(op)) ?? false,
    remove,
    acked,
    reached,
  };
}

const includes = (cursor: Cursor, { epoch, partition, seq }: AckedCommit): boolean =>
  epoch === cursor.epoch && seq <= (cursor.seq[partition] ?? 0);
