import type { KeptConflict } from '@mnemon/protocol';
import type { ConflictRecord } from './conflict.ts';
import { DELIVERY_BYTES, sizeOf } from './split-delivery.ts';

/** A conflict so that it fits a frame: two values may not. The stored one then stays in the key's history. */
export function fittingConflict(record: ConflictRecord): KeptConflict {
  if (sizeOf(record) <= DELIVERY_BYTES) return record;
  const { value: _, ...stored } = record.stored;
  return { ...record, stored: { ...stored, isCut: true } };
}
