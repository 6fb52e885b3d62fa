import { type KeptText, ROW_BYTES } from './journal-record.ts';

/** The large values of a partition, by `valueName`. */
export type KeptValues = Map<string, KeptText>;

/** Hashes are all of one length, so no two values share a name. */
export const valueName = ({ key, hash }: { key: string; hash: string }): string => `${key}/${hash}`;

// Each answers about how many bytes of the journal are of no more use.

export function putValue(values: KeptValues, value: KeptText): number {
  const name = valueName(value);
  const former = values.get(name);
  const storedAtMs = Math.max(value.storedAtMs, former?.storedAtMs ?? 0);
  values.set(name, { ...value, storedAtMs });
  return sizeOf(former);
}

export function renewValue(values: KeptValues, name: string, atMs: number): number {
  const kept = values.get(name);
  if (kept) values.set(name, { ...kept, storedAtMs: Math.max(kept.storedAtMs, atMs) });
  return ROW_BYTES;
}

export function dropValue(values: KeptValues, name: string): number {
  const former = values.get(name);
  values.delete(name);
  return sizeOf(former);
}

const sizeOf = (row: KeptText | undefined): number => (row ? ROW_BYTES + row.text.length : 0);
