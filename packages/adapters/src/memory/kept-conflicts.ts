import { type ConflictRecord, canonicalText, closedBy } from '@mnemon/core';
import { type Closing, type KeptConflict, ROW_BYTES } from './journal-record.ts';

/** The conflicts of a space, oldest first, and how many there were of each name. */
export interface KeptConflicts {
  rows: KeptConflict[];
  /** By id: where in `rows`. */
  places: Map<string, number>;
  /** By id, of those that are resolved: since when. */
  resolvedAtMs: Map<string, number>;
  /** By dimension and name. */
  counts: Record<Dimension, Map<string, number>>;
  add(conflicts: readonly KeptConflict[]): number;
  /** Answers about how many bytes of earlier records are of no more use. */
  close(closings: readonly Closing[]): number;
  /** Answers the same. */
  forget(ids: readonly string[]): number;
}

export type Dimension = 'byStrategy' | 'byPattern' | 'byPair';

export const readConflict = ({ text }: KeptConflict): ConflictRecord => JSON.parse(text) as ConflictRecord;

export function noConflicts(): KeptConflicts {
  const rows: KeptConflict[] = [];
  const places = new Map<string, number>();
  const resolvedAtMs = new Map<string, number>();
  const counts = { byStrategy: new Map(), byPattern: new Map(), byPair: new Map() };
  /** By key: the ids of those that wait for somebody. */
  const open = new Map<string, string[]>();

  function add(conflicts: readonly KeptConflict[]): number {
    for (const row of conflicts) {
      const conflict = readConflict(row);
      places.set(row.id, rows.push(row) - 1);
      if (conflict.status === 'open') open.set(conflict.key, [...(open.get(conflict.key) ?? []), row.id]);
      if (conflict.resolvedBy) resolvedAtMs.set(row.id, conflict.resolvedBy.atMs);
      count(conflict, 1);
    }
    return 0;
  }

  function count(conflict: ConflictRecord, more: 1 | -1): void {
    for (const [dimension, name] of Object.entries(namesOf(conflict))) {
      const ofDimension = counts[dimension as Dimension];
      const now = (ofDimension.get(name) ?? 0) + more;
      if (now > 0) ofDimension.set(name, now);
      else ofDimension.delete(name);
    }
  }

  function close(closings: readonly Closing[]): number {
    let supersededBytes = 0;
    for (const { key, resolvedBy } of closings) {
      for (const id of open.get(key) ?? []) {
        const place = places.get(id) as number;
        const former = rows[place] as KeptConflict;
        supersededBytes += former.text.length;
        rows[place] = { id, text: canonicalText(closedBy(readConflict(former), resolvedBy)) };
        resolvedAtMs.set(id, resolvedBy.atMs);
      }
      open.delete(key);
    }
    return supersededBytes;
  }

  function forget(ids: readonly string[]): number {
    let supersededBytes = 0;
    const gone = new Set(ids);
    let kept = 0;
    for (const row of rows) {
      if (!gone.has(row.id)) {
        rows[kept++] = row;
        continue;
      }
      supersededBytes += ROW_BYTES + row.text.length;
      count(readConflict(row), -1);
      resolvedAtMs.delete(row.id);
    }
    rows.length = kept;
    places.clear();
    for (const [place, { id }] of rows.entries()) places.set(id, place);
    return supersededBytes;
  }

  return { rows, places, resolvedAtMs, counts, add, close, forget };
}

function namesOf({ strategy, pattern = '', stored, arrived }: ConflictRecord): Record<Dimension, string> {
  const byPair = [stored.author, arrived.author].sort().join(' ');
  return { byStrategy: strategy, byPattern: pattern, byPair };
}
