import type { JsonValue } from '@mnemon/protocol';
import type { StateName } from '../connection/connection-state.ts';
import { createDeferred, type Deferred } from '../deferred.ts';
import { harmless } from '../harmless.ts';
import type { Mnemon } from '../mnemon.ts';
import type { Peeked, ReadMode, ReadOptions } from '../reads/reads.ts';
import type { CacheStats } from './cache-manager.ts';
import { type Cell, createCells } from './cells.ts';

export interface CachedReadsOptions {
  /** How many keys are remembered; 1000 by default. */
  readonly maxEntries?: number;
  /** What `read` answers where there is nothing; `undefined` by default. */
  readonly nothing?: null;
}

/** Reads of any number of keys, of which a bounded number is remembered. No read follows a topic for longer than it takes. */
export interface CachedReads {
  /**
   * The value of `key`. What this client follows or has just written is answered from memory, never older than what was
   * heard of the log; for any other key the server is asked, unless `mode` is `cached` and something is remembered. While
   * the connection is away, what is remembered is the answer; of what isn't, the read waits for the connection as long as
   * `fetch` does. As long as a key is remembered, no read that begins after another has ended answers an older version;
   * only, `server` does not show own writes that are not acked.
   */
  read(key: string, options?: ReadOptions): Promise<JsonValue | undefined>;
  /** What is known of `key`, without asking: what is remembered of it, where the client itself knows no more. */
  peek(key: string): Peeked;
  /** Fetches what matches, as far as there is room for it. Answers how many entries these are. */
  warm(pattern: string): Promise<number>;
  /** Forgets the keys that match, and answers how many: the next read of each looks anew. */
  invalidate(pattern: string | RegExp): number;
  clear(): void;
  /** `hits` are reads that what was remembered has answered, `misses` all others. */
  readonly stats: CacheStats;
}

/**
 * A bounded memory of what is read through `memory`.
 *
 * @example
 * const cache = createCachedReads(memory, { maxEntries: 10_000 });
 * await cache.warm('config/**');
 * await cache.read('config/limits', { mode: 'cached' });
 */
export function createCachedReads(
  memory: Mnemon,
  { maxEntries = 1000, nothing }: CachedReadsOptions = {},
): CachedReads {
  const cells = createCells(memory, maxEntries, nothing);
  const joinable = new Map<string, Promise<Cell | undefined>>();
  let settling: Deferred | undefined;
  let hits = 0;
  let misses = 0;

  memory.witness({
    written: cells.written,
    changed(key) {
      cells.changed(key);
      joinable.delete(key);
    },
    unsettled() {
      cells.unsettled();
      settling?.resolve();
      settling = undefined;
    },
    forget: clear,
  });

  function clear(): void {
    cells.clear();
    joinable.clear();
  }

  /** The answer, where there is one without looking further. */
  function hit(key: string, mode: ReadMode): Promise<JsonValue | undefined> | undefined {
    const cell = mode === 'server' ? undefined : cells.get(key);
    if (!cell || !cells.isFresh(cell)) return undefined;
    hits++;
    return cell.answer;
  }

  async function miss(key: string, mode: ReadMode): Promise<JsonValue | undefined> {
    const value = await (mode === 'server' ? readFromServer(key) : readFurther(key, mode));
    return value === undefined ? (nothing as undefined) : value;
  }

  async function readFurther(key: string, mode: ReadMode): Promise<JsonValue | undefined> {
    let isHit = cells.peek(key) !== undefined;
    for (;;) {
      const cell = cells.peek(key);
      const here = cells.look(key, cell);
      const isKnown = here.isFollowed || cell?.isOld === false;
      if (here.isCurrent || (isKnown && (mode === 'cached' || isAway(memory.status.state)))) {
        if (isHit) hits++;
        else misses++;
        return cells.keep(key, here, cell?.heardAt).answer;
      }
      isHit = false;
      if (here.isFollowed && here.entry?.large && here.value === undefined) return memory.read(key);
      if (here.isFollowed)
        await nextSettling(); // what was missed is on its way
      else if (here.isOwn) return readFollowed(key);
      else {
        const asked = await (joinable.get(key) ?? askJoinably(key));
        const told = asked && cells.look(key, asked);
        if (!told || (told.isOwn && !told.isCurrent)) continue; // overtaken
        misses++;
        return told.value;
      }
    }
  }

  /** Whether the server has applied an own operation on top of what it tells, only the log says. */
  async function readFollowed(key: string): Promise<JsonValue | undefined> {
    misses++;
    const subscription = memory.subscribe(key, () => {});
    try {
      await subscription.ready;
      return memory.peek(key).value;
    } finally {
      subscription();
    }
  }

  async function readFromServer(key: string): Promise<JsonValue | undefined> {
    misses++;
    const ask = cells.begin();
    try {
      const entry = await memory.fetch(key);
      cells.take(key, entry, ask);
      return entry?.value;
    } finally {
      cells.end(ask);
    }
  }

  async function ask(key: string): Promise<Cell | undefined> {
    const begun = cells.begin();
    try {
      return cells.take(key, await memory.fetch(key), begun);
    } finally {
      cells.end(begun);
    }
  }

  /** One question for all that come until its answer, or until it would be too old for them. */
  function askJoinably(key: string): Promise<Cell | undefined> {
    const asked = ask(key).finally(() => {
      if (joinable.get(key) === asked) joinable.delete(key);
    });
    joinable.set(key, asked);
    return asked;
  }

  function nextSettling(): Promise<void> {
    settling ??= createDeferred();
    return settling.promise;
  }

  async function warm(pattern: string): Promise<number> {
    const begun = cells.begin();
    let count = 0;
    let page: string | undefined;
    try {
      do {
        const found = await memory.list('', { pattern, ...(page !== undefined && { page }) });
        const room = maxEntries - count;
        count += found.entries.slice(0, room).filter((entry) => cells.take(entry.key, entry, begun)).length;
        page = found.page;
      } while (page !== undefined && count < maxEntries);
      return count;
    } finally {
      cells.end(begun);
    }
  }

  return {
    read: (key, { mode = 'session' } = SESSION) => hit(key, mode) ?? harmless(miss(key, mode)),
    peek: (key) => cells.look(key, cells.peek(key)),
    warm: (pattern) => harmless(warm(pattern)),
    invalidate(pattern) {
      joinable.clear();
      return cells.invalidate(pattern);
    },
    clear,
    get stats() {
      return { ...cells.stats, hits, misses };
    },
  };
}

const SESSION: ReadOptions = {};

const CONNECTED: ReadonlySet<StateName> = new Set(['catching-up', 'live', 'gapped']);
const isAway = (state: StateName): boolean => !CONNECTED.has(state);
