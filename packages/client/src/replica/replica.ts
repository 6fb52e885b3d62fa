import { type Delivery, type Entry, evolve } from '@mnemon/protocol';
import { type Change, createChange } from './change.ts';

/** How many deleted keys are remembered. A forgotten one merely makes the next write a concurrent one. */
export const MAX_TOMBSTONES = 10_000;

/**
 * The space's state as far as this client has followed the log. Deleted keys stay as tombstones, the newest of them:
 * their clocks tell what a later write has seen.
 */
export interface Replica {
  get(key: string): Entry | undefined;
  /** What exists, tombstones left out, in the order in which the keys first appeared. */
  live(): Entry[];
  /** Takes in one whole commit, the next in order, and says what it changed. */
  apply(commit: Delivery): Change[];
  /** Becomes `entries`, and says what that changed. */
  replace(entries: readonly Entry[]): Change[];
  /**
   * Takes in the state of some more keys, `isNew` tells which, as of the commit `asOf` or later, and says what that
   * changed. What is here of them already came with commits: what is newer stays.
   */
  load(isNew: (key: string) => boolean, entries: readonly Entry[], asOf: number): Change[];
  /** Forgets all other keys, and tells what was known of them. */
  keep(isKept: (key: string) => boolean, onForgotten?: (entry: Entry) => void): void;
}

/** An empty replica of the space that `instanceId` is connected to. */
export function createReplica(instanceId: string): Replica {
  let entries = new Map<string, Entry>();
  let tombstones = new Set<string>(); // oldest first

  function apply({ partition, seq, author, events }: Delivery): Change[] {
    // State pages may be newer than their cursor: what the entry already includes is no change. All of a commit's
    // events are compared with what was before it, because it may change one key twice.
    const fresh = events.filter(({ key }) => (entries.get(key)?.seq ?? 0) < seq);
    const changes: Change[] = [];
    for (const event of fresh) {
      const entry = evolve(event, partition, seq);
      const isNews = exists(entry) || exists(entries.get(entry.key)); // a deletion can be deleted by a later one
      entries.set(entry.key, entry);
      if (!exists(entry)) remember(entry.key);
      else if (tombstones.size > 0) tombstones.delete(entry.key);
      if (isNews) changes.push(createChange(event.type, entry, author, instanceId));
    }
    forgetTombstones(partition, seq);
    return changes;
  }

  function remember(tombstone: string): void {
    tombstones.delete(tombstone); // so that the oldest stays first
    tombstones.add(tombstone);
  }

  /** A state may be ahead of the log: there a tombstone keeps older events from reviving its key, and has to stay. */
  function forgetTombstones(partition: number, passed: number): void {
    for (const key of tombstones) {
      if (tombstones.size <= MAX_TOMBSTONES) return;
      const entry = entries.get(key);
      if (entry?.partition !== partition || entry.seq > passed) continue;
      tombstones.delete(key);
      entries.delete(key);
    }
  }

  function replace(state: readonly Entry[]): Change[] {
    const before = entries;
    entries = new Map(state.map((entry) => [entry.key, entry]));
    const deleted = state.filter((entry) => !exists(entry)).sort((a, b) => a.seq - b.seq);
    tombstones = new Set(deleted.map(({ key }) => key));
    const gone = [...before.values()].filter((entry) => exists(entry) && !exists(entries.get(entry.key)));
    const changes = gone.map((entry) =>
      createChange('deleted', entries.get(entry.key) ?? entry, entry.author, instanceId),
    );
    for (const entry of state) {
      const old = before.get(entry.key);
      if (!exists(entry) || (old && isSameVersion(old, entry))) continue;
      changes.push(createChange(exists(old) ? 'updated' : 'created', entry, entry.author, instanceId));
    }
    return changes;
  }

  function load(isNew: (key: string) => boolean, state: readonly Entry[], asOf: number): Change[] {
    const loaded = new Map(state.filter(({ key }) => isNew(key)).map((entry) => [entry.key, entry]));
    const gone = [...entries.values()].filter(
      ({ key, seq }) => isNew(key) && !loaded.has(key) && seq <= asOf,
    );
    for (const { key } of gone) forget(key);
    const changes = gone
      .filter(exists)
      .map((entry) => createChange('deleted', entry, entry.author, instanceId));
    for (const entry of loaded.values()) {
      const old = entries.get(entry.key);
      if (old && old.seq >= entry.seq) continue;
      entries.set(entry.key, entry);
      tombstones.delete(entry.key);
      changes.push(createChange(exists(old) ? 'updated' : 'created', entry, entry.author, instanceId));
    }
    return changes;
  }

  function forget(key: string): void {
    entries.delete(key);
    tombstones.delete(key);
  }

  return {
    get: (key) => entries.get(key),
    live: () => [...entries.values()].filter(exists),
    apply,
    replace,
    load,
    keep(isKept, onForgotten) {
      for (const [key, entry] of entries) {
        if (isKept(key)) continue;
        onForgotten?.(entry);
        forget(key);
      }
    },
  };
}

const exists = (entry: Entry | undefined): boolean => entry?.value !== undefined;

/** After a restore from backup the same seq and version may be another write: only its time and author tell. */
const isSameVersion = (a: Entry, b: Entry): boolean =>
  a.seq === b.seq &&
  a.version === b.version &&
  a.author === b.author &&
  a.hlc.wallMs === b.hlc.wallMs &&
  a.hlc.counter === b.hlc.counter;
