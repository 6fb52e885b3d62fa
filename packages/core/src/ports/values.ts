import type { PartitionId } from './event-log.ts';

/** Names a value: the key that it was written to, and the SHA-256 of its text. Under another key it is another value (I8). */
export interface ValueId {
  key: string;
  hash: string;
}

export interface KeptValue extends ValueId {
  /** When it was last put or renewed. */
  storedAtMs: number;
}

/**
 * Values that are too large for log and entries, which name them. One is put before the commit that names it, so whoever
 * reads the commit can read the value (I1); whether anything still names it is not for a store to say.
 *
 * A store's failure throws `Unavailable`; the call then happened whole or not at all. Durable once a call resolves.
 */
export interface Values {
  /** Keeps the text: JSON without line breaks, at most 1 MB. One that is there is renewed. */
  put(at: PartitionId, id: ValueId, text: string, nowMs: number): Promise<void>;

  get(at: PartitionId, id: ValueId): Promise<string | undefined>;

  /** Counts as put now; its time never goes back. Whether it is there. */
  renew(at: PartitionId, id: ValueId, nowMs: number): Promise<boolean>;

  /** At most `limit` of those that were last put at `untilMs` or before, in any fixed order, after `after`. Reads no text. */
  aged(
    at: PartitionId,
    page: { untilMs: number; after?: ValueId | undefined; limit: number },
  ): Promise<readonly KeptValue[]>;

  /** Takes a value out, unless it was put or renewed since. */
  drop(at: PartitionId, value: KeptValue): Promise<void>;
}
