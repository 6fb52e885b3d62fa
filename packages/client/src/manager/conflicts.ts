import type { Entry } from '@mnemon/protocol';
import { LRUCache } from 'lru-cache';
import type { Mnemon, WriteOptions } from '../mnemon.ts';
import { isConflict, isMnemonError } from '../mnemon-error.ts';
import type { Written } from '../outbox/pending-op.ts';
import type { Resolution } from '../resolvers/conflict-resolvers.ts';
import type { ConflictResolver } from './conflict-resolver.ts';
import type { Tell } from './events.ts';
import type { Counters } from './metrics.ts';

/** Of so many keys, the version that was told last is remembered: a merge is heard of by its ack and as a change. */
const KEYS = 1_000;

/** Tells of conflicts, and closes those that stand side by side. */
export interface Conflicts {
  /** A write expected another version than `version`. */
  refused(key: string, version: number): void;
  /** Versions met, and `version` was made of them: `entry`, where that is known. */
  merged(key: string, version: number, entry?: Entry): void;
}

export interface ConflictsOptions {
  /** Asked late: the client is told of these before it exists. */
  readonly memory: () => Pick<Mnemon, 'fetch' | 'write' | 'delete' | 'serverNowMs'>;
  readonly counters: Pick<Counters, 'conflicts'>;
  readonly tell: Tell;
  readonly resolver: ConflictResolver | undefined;
  readonly onError: (error: unknown) => unknown;
}

export function createConflicts(options: ConflictsOptions): Conflicts {
  const { memory, counters, tell, resolver, onError } = options;
  const told = new LRUCache<string, number>({ max: KEYS });
  /** The versions that closed a conflict. */
  const closed = new LRUCache<string, number>({ max: KEYS });
  const closing = new Set<string>();
  /** What was seen of a key while another version of it was being closed. */
  const seenMeanwhile = new Map<string, Entry>();

  function refused(key: string, version: number): void {
    if (closing.has(key)) return; // by who resolved it first
    counters.conflicts++;
    tell('conflict', { key, type: 'refused', version });
  }

  function merged(key: string, version: number, entry?: Entry): void {
    if ((told.get(key) ?? 0) >= version) return;
    told.set(key, version);
    counters.conflicts++;
    tell('conflict', { key, type: 'merged', version });
    begin(key, version, entry);
  }

  function begin(key: string, version: number, entry: Entry | undefined): void {
    settle(key, entry).catch((error: unknown) => {
      if (told.get(key) === version) told.delete(key); // it is still open: whoever sees it next may settle it
      if (!isMnemonError(error)) onError(error); // the resolver's own; what the client says, `status` and events tell
    });
  }

  async function settle(key: string, known: Entry | undefined): Promise<void> {
    const entry = known ?? (await memory().fetch(key));
    if (!entry) return;
    const { version, value = null } = entry;
    if (!entry.siblings) tell('conflict-resolved', { key, value, version });
    else if (closing.has(key)) seenMeanwhile.set(key, entry);
    else if (resolver) {
      closing.add(key);
      await close(entry, resolver).finally(() => goOn(key));
    }
  }

  /** With what was seen of the key meanwhile, unless that was closed, too. */
  function goOn(key: string): void {
    closing.delete(key);
    const next = seenMeanwhile.get(key);
    seenMeanwhile.delete(key);
    if (next && next.version > (closed.get(key) ?? 0)) begin(key, next.version, next);
  }

  /** Of several clients that answer at once the first one counts; the others see what it made. */
  async function close(entry: Entry, resolve: ConflictResolver): Promise<void> {
    for (let open: Entry | undefined = entry; open?.siblings; ) {
      const { key, siblings } = open;
      const { resolved } = await resolve(siblings);
      try {
        const { version } = await write(open, resolved);
        closed.set(key, version);
        told.set(key, Math.max(version, told.get(key) ?? 0));
        tell('conflict-resolved', { key, value: resolved.value ?? null, version });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
        open = error.current;
      }
    }
  }

  function write(entry: Entry, { value, ...metadata }: Resolution['resolved']): Promise<Written> {
    const { key, version, expiresAtMs } = entry;
    // No version names a deletion: then one that comes second meets the first, and is settled by time.
    const condition =
      entry.value === undefined
        ? { strategy: 'last-write-wins' as const }
        : { strategy: 'custom' as const, expectedVersion: version };
    if (value === undefined) return memory().delete(key, condition);
    const ttl =
      expiresAtMs === undefined
        ? {}
        : { ttlMs: Math.max(1, Math.ceil(expiresAtMs - memory().serverNowMs())) };
    return memory().write(key, value, { ...contentOf(metadata), ...ttl, ...condition });
  }

  return { refused, merged };
}

/** A version has more than a write may say. */
const contentOf = ({ tags, importance, entities, relationships }: Resolution['resolved']): WriteOptions => ({
  ...(tags && { tags }),
  ...(importance !== undefined && { importance }),
  ...(entities && { entities }),
  ...(relationships && { relationships }),
});
