import { type Entry, isLive, type JsonValue, matches } from '@mnemon/protocol';
import type { Engine } from '../engine.ts';
import { checkKey } from '../outbox/checked-op.ts';

/**
 * What a read may be content with. `session`: this client's own writes and, under a subscription, what was followed.
 * `cached`: whatever is here, however old, nobody is asked. `server`: only what the server says now, which every write
 * that was acked to anybody is in (I9); no subscription.
 */
export type ReadMode = 'cached' | 'session' | 'server';

export interface ReadOptions {
  /** `session` by default. */
  readonly mode?: ReadMode;
}

/** What is known of a key without asking. */
export interface Peeked {
  readonly value: JsonValue | undefined;
  /** When that ends by itself, by the server's clock. */
  readonly expiresAtMs?: number | undefined;
  /** The committed version beneath. */
  readonly entry: Entry | undefined;
  /** The newest commit that this includes if it changed the key. */
  readonly seq: number;
  /** Whether a live subscription tells what becomes of it. */
  readonly isFollowed: boolean;
  /** Whether own writes that aren't committed yet are in it. */
  readonly isOwn: boolean;
  /**
   * Whether a read may answer it: followed, or all written here; and not while what was missed is on its way, nor a value
   * of more than 64 KB that was not read yet.
   */
  readonly isCurrent: boolean;
}

/** Reads of single keys and of what is here. */
export interface Reads {
  read(key: string, mode: ReadMode): Promise<JsonValue | undefined>;
  entries(pattern: string): Promise<Entry[]>;
  keys(pattern: string): Promise<string[]>;
  peek(key: string, told: Entry | undefined): Peeked;
  fetch(key: string): Promise<Entry | undefined>;
}

/** `checkOpen` throws when the client is closed. */
export function createReads(engine: Engine, checkOpen: () => void): Reads {
  const { replica, ownWrites, topics, keptTopics, seen, serverClock, serverReads } = engine;
  const { follower, breaker, largeValues } = engine;

  /** The entry unless its lifetime is over: the word of that may still be on its way. */
  const current = (entry: Entry | undefined) => (isLive(entry, serverClock.now()) ? entry : undefined);

  function laidOver(key: string, entry: Entry | undefined): Pick<Peeked, 'value' | 'expiresAtMs' | 'isOwn'> {
    const below = largeValues.held(entry);
    const own = ownWrites.get(key, below);
    return own
      ? { value: own.value, isOwn: true }
      : { value: below, expiresAtMs: entry?.expiresAtMs, isOwn: false };
  }

  async function readHere(key: string): Promise<JsonValue | undefined> {
    const complete = topics.wantKey(key);
    if (!ownWrites.isWhole(key) && !topics.covers(key)) await breaker.guard(complete);
    const entry = current(replica.get(key));
    const below = ownWrites.isWhole(key) ? undefined : await largeValues.valueOf(entry);
    const own = ownWrites.get(key, below);
    return own ? own.value : below;
  }

  function peek(key: string, told: Entry | undefined): Peeked {
    const isFollowed = topics.covers(key);
    const reached = follower.cursor?.seq[0] ?? 0;
    const isAhead = told !== undefined && told.seq > reached;
    const entry = isFollowed && !isAhead ? replica.get(key) : told;
    const here = laidOver(key, current(entry));
    const isHere = here.isOwn || !current(entry)?.large || here.value !== undefined;
    return {
      ...here,
      entry,
      seq: isFollowed && !isAhead ? reached : (told?.seq ?? 0),
      isFollowed,
      isCurrent: ownWrites.isWhole(key) || (isFollowed && isHere && !engine.isReturning),
    };
  }

  async function entries(pattern: string): Promise<Entry[]> {
    checkOpen();
    const asked = keptTopics.ask(pattern);
    try {
      await breaker.guard(asked.ready);
      return replica.live().filter((entry) => current(entry) && matches(pattern, entry.key));
    } finally {
      asked.done();
    }
  }

  async function fetch(key: string): Promise<Entry | undefined> {
    const [entry] = (await serverReads.ask('read', { get: key })).entries;
    if (entry) seen.learn(entry); // else what is written upon it would count as concurrent
    return entry?.large ? { ...entry, value: await largeValues.valueOf(entry) } : entry;
  }

  return {
    async read(key, mode) {
      checkKey(key);
      checkOpen();
      if (mode === 'server') return (await fetch(key))?.value;
      return mode === 'cached' ? peek(key, undefined).value : readHere(key);
    },
    entries,
    async keys(pattern) {
      const found = new Set((await entries(pattern)).map(({ key }) => key));
      for (const key of ownWrites.keys()) {
        if (!matches(pattern, key)) continue;
        if (peek(key, undefined).value === undefined) found.delete(key);
        else found.add(key);
      }
      return [...found].sort();
    },
    peek(key, told) {
      checkKey(key);
      checkOpen();
      return peek(key, told);
    },
    async fetch(key) {
      checkKey(key);
      checkOpen();
      return fetch(key);
    },
  };
}
