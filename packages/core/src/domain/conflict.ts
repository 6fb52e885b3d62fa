import type { InstanceId, SpaceId, Strategy } from '@mnemon/protocol';
import type { Commit } from './commit.ts';
import type { Fallback } from './strategies/strategy.ts';
import type { Version } from './version.ts';

/**
 * Two writes that did not know of each other, both values or one a deletion; or, of those, why the strategy could not
 * do what it is for, so that last-write-wins decided.
 */
export type ConflictType = 'concurrent-write' | 'concurrent-delete' | Fallback | 'too-large';

/** What met on a key, and what became of it. */
export interface Conflict {
  key: string;
  type: ConflictType;
  strategy: Strategy;
  /** Of the policy that named the strategy; left out when the write did, or nobody. */
  pattern?: string;
  /** As it was stored, and the version it had. */
  stored: ConflictSide & { version: number };
  arrived: ConflictSide;
  /** Which side is the key's new version. */
  outcome: 'stored' | 'arrived' | 'merged' | 'siblings';
  /** The version that this made. */
  version: number;
}

type ConflictSide = Pick<Version, 'value' | 'large' | 'hlc' | 'author' | 'clock'>;

/** Who settled a conflict. Without `instanceId`, the strategy did, at once. */
export interface Resolution {
  instanceId?: InstanceId;
  /** The version that settled it. */
  version: number;
  atMs: number;
}

/** A conflict as it is kept. Siblings leave it `open` until somebody merges them. */
export interface ConflictRecord extends Conflict {
  /** `<partition>.<seq>.<index>`: of the commit that made it, and its number there. */
  id: string;
  space: SpaceId;
  partition: number;
  seq: number;
  index: number;
  atMs: number;
  status: 'open' | 'resolved';
  resolvedBy?: Resolution;
}

/** Named after their commit, so that none is ever there twice. */
export const recordsOf = (conflicts: readonly Conflict[], commit: Commit): ConflictRecord[] =>
  conflicts.map((conflict, index) => {
    const { space, partition, seq, committedAtMs: atMs } = commit;
    const record = { ...conflict, id: `${partition}.${seq}.${index}`, space, partition, seq, index, atMs };
    if (conflict.outcome === 'siblings') return { ...record, status: 'open' };
    return { ...record, status: 'resolved', resolvedBy: { version: conflict.version, atMs } };
  });

/** The record once somebody has merged what stood side by side. */
export const closedBy = (record: ConflictRecord, resolvedBy: Resolution): ConflictRecord =>
  record.status === 'open' ? { ...record, status: 'resolved', outcome: 'merged', resolvedBy } : record;
