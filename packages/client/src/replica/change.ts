import type { Entry, EventType, JsonValue } from '@mnemon/protocol';

/** One committed change of one key, as subscribers see it. */
export interface Change {
  /**
   * `merged`: concurrent writes met, and the space's strategy made one value of them. After a reload, what happened
   * meanwhile is summed up per key as `created`, `updated` or `deleted`.
   */
  readonly type: EventType;
  readonly key: string;
  /** Left out when the key was deleted, and of a value of more than 64 KB (`entry.large`), which `read` fetches. */
  readonly value?: JsonValue;
  /** The version that the change made. Of a deletion found by a reload: the last version that was known. */
  readonly entry: Entry;
  /** The instance that wrote. */
  readonly author: string;
  /** Whether that is this instance. */
  readonly own: boolean;
}

export type ChangeCallback = (change: Change) => unknown;

export function createChange(type: EventType, entry: Entry, author: string, instanceId: string): Change {
  const { key, value } = entry;
  const own = author === instanceId;
  return type === 'deleted' || value === undefined || entry.large
    ? { type, key, entry, author, own }
    : { type, key, value, entry, author, own };
}
