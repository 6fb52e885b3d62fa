import type {
  Entry,
  FoundPage,
  JsonValue,
  ListRequest,
  NodesPage,
  Presence,
  Relationship,
  Strategy,
} from '@mnemon/protocol';
import type { Lock, LockOptions } from './coordination/lock.ts';
import type { TaskQueue } from './coordination/task-queue.ts';
import type { IterateOptions } from './iterators.ts';
import type { Written } from './outbox/pending-op.ts';
import type { Conflicts } from './reads/conflicts.ts';
import type { Past } from './reads/past.ts';
import type { Peeked, ReadOptions } from './reads/reads.ts';
import type { Upkeep } from './reads/upkeep.ts';
import type { Change, ChangeCallback } from './replica/change.ts';
import type { Witness } from './replica/witnesses.ts';
import type { Status, StatusCallback } from './status.ts';

export interface DeleteOptions {
  /** Refuses with `conflict` unless the key is at this version; 0 is a key that does not exist. */
  readonly expectedVersion?: number;
  /** Refuses with `stale-token` once another holds this lock, or has held it since (I7). */
  readonly lock?: Pick<Lock, 'name' | 'token'>;
  /** How this write is resolved with a concurrent one, instead of as the space's policies say. */
  readonly strategy?: Strategy;
  /** From 0 to 1. Without a word about it, 0. */
  readonly importance?: number;
}

/** As `Options`, for who may not want to wait for the ack. */
export type AnyDurability<Options> = Options & {
  /**
   * What the promise stands for. `acked`, the default: the write is durable (I1). `queued`: it is in the outbox, nothing more; it
   * resolves with `undefined`, and what the server refuses later is told to the `onRefused` option.
   */
  readonly durability: 'acked' | 'queued';
};

/** A write is a whole new version: what it does not name, it does not have, whatever the version before had. */
export interface WriteOptions extends DeleteOptions {
  readonly tags?: string[];
  readonly entities?: string[];
  readonly relationships?: Relationship[];
  /** How long it lives, from when it is committed on. Left out: as the space's policies say. */
  readonly ttlMs?: number;
}

export type PageOptions = Pick<ListRequest, 'limit' | 'page'>;

/** All of what is named applies to what is found; `changedSince` is a `{ cursor }` or a `{ timeMs }`. */
export type ListOptions = Omit<ListRequest, 'prefix' | 'author'> & { readonly author?: string };

/**
 * Ends the subscription when called. (A function, because everything that subscribes wants one thing to call at the
 * end.)
 */
export interface Subscription {
  (): void;
  /**
   * Resolves once the space's state is here: from then on no change passes by unseen. What was there before, `entries`
   * tells. Rejects when the client is closed first; needn't be awaited.
   */
  readonly ready: Promise<void>;
}

/**
 * A connected instance, and the memory that it shares. Reads and writes also work while the connection is away: writes
 * wait in a bounded outbox, reads answer from the replica.
 *
 * Every call of a closed client fails with the code that closed it: `closed`, or what the server gave as its reason.
 * A rejection that nobody waits for does no harm.
 */
export interface Mnemon extends Past, Upkeep {
  /**
   * Writes `value` under `key`. The effect on `read` is immediate (I9); the promise resolves when the write is durable
   * (I1). Rejects when it was refused, `conflict` carrying the entry as it is, and with `overloaded` when too much
   * waits already. Writes of one key that wait together are sent as one: all of them resolve with its outcome.
   */
  write(key: string, value: JsonValue, options?: WriteOptions): Promise<Written>;
  write(key: string, value: JsonValue, options: AnyDurability<WriteOptions>): Promise<Written | undefined>;
  /** Deletes `key`. A key that does not exist is deleted already: that resolves with version 0. */
  delete(key: string, options?: DeleteOptions): Promise<Written>;
  delete(key: string, options: AnyDurability<DeleteOptions>): Promise<Written | undefined>;
  /**
   * Adds `by` to the counter under `key`, or makes one. Several instances may at once, none of them having read it: no
   * change is lost. Rejects with `bad-value` where something else than a whole number is.
   */
  increment(key: string, by?: number): Promise<Written>;
  /** Adds items to the set under `key`, or makes one; it is shown as a sorted array. An addition outlives removals that have not seen it. */
  addTo(key: string, ...items: JsonValue[]): Promise<Written>;
  /** Takes items out of the set under `key`, as far as this client has seen them added: therefore it waits for the state. */
  removeFrom(key: string, ...items: JsonValue[]): Promise<Written>;
  /**
   * The value of `key`: this client's own newest one, or else the replica's; `undefined` where there is none. The first
   * read of a key subscribes the connection to its topic and waits for the state, or rejects with `unavailable` while
   * `status.circuit` is open; later ones answer at once, also offline. Don't change what it returns: it is not a copy. A value whose lifetime is over is gone, by the server's clock
   * as far as the newest frame tells it. `mode` says what else to do; `createCachedReads` is for many keys.
   */
  read(key: string, options?: ReadOptions): Promise<JsonValue | undefined>;
  /**
   * What is known of `key` here, without asking or waiting. `told` is what `fetch` answered of it: it counts where the
   * replica does not say more.
   */
  peek(key: string, told?: Entry): Peeked;
  /**
   * Asks the server for the newest version of `key`: every write that was acked to anybody is in it (I9). Of a deleted key
   * it is the tombstone, an entry without a value, while the server remembers that.
   */
  fetch(key: string): Promise<Entry | undefined>;
  /** The server's clock, by which lifetimes end, as far as the newest frame tells it. */
  serverNowMs(): number;
  /** Tells `witness` when `peek` may answer something else than before, before subscribers hear of it. Answers the way out. */
  witness(witness: Witness): () => void;
  /**
   * Asks the server for the entries below the path `prefix`, all for `''`, that have what the options name: one page, in
   * the order of keys. While it has a `page`, ask on with it; it may be empty and still not the last.
   */
  list(prefix: string, options?: ListOptions): Promise<FoundPage>;
  /** Asks the server for the entries that hold every word of `text`, in their key, tags, entities or value. In pages, too. */
  search(text: string, options?: PageOptions): Promise<FoundPage>;
  /**
   * The committed entries that match `pattern`, deleted ones left out; own writes are among them once acked. Waits as `read`
   * does. What matches is followed for a minute, so that it is here for who asks again.
   */
  entries(pattern?: string): Promise<Entry[]>;
  /** The keys that match `pattern`, sorted; what was written or deleted here counts, acked or not. */
  keys(pattern?: string): Promise<string[]>;
  /**
   * Calls back for every committed change of a matching key, own ones included, in the log's order (I10). Changes
   * only; the state they start from is told by `entries`. What the callback throws goes to the `onError` option.
   * Throws on a bad pattern.
   */
  subscribe(pattern: string, callback: ChangeCallback): Subscription;
  /**
   * The changes that `subscribe` would call back for, from this call on, to take one by one. Whoever is slower than they
   * come has at most `maxBuffered` waiting: beyond that, the iteration fails with `overloaded` after these, since leaving
   * one out would be a lie. Ends when the loop is left or the client closed. Throws on a bad pattern.
   *
   * @example
   * for await (const { key, value } of memory.iterate('tasks/**')) console.log(key, value);
   */
  iterate(pattern: string, options?: IterateOptions): AsyncIterableIterator<Change, undefined>;
  /**
   * The committed value of `key` as soon as it is known, `undefined` where there is none, and then each newer one. Whoever
   * is slower gets the newest only. Ends when the loop is left or the client closed.
   */
  watch(key: string): AsyncIterableIterator<JsonValue | undefined, undefined>;
  /**
   * Takes the lock `name`, a key that this client may write, and keeps it until it is given back or lost. Rejects with
   * `locked` when another holds it, or this client already does, for longer than `waitMs`.
   */
  lock(name: string, options?: LockOptions): Promise<Lock>;
  /** Works under a lock, and gives it back whatever comes of it. The work stops when `lock.signal` fires. */
  withLock<Result>(
    name: string,
    options: LockOptions,
    work: (lock: Lock) => Result | Promise<Result>,
  ): Promise<Result>;
  /** What writes met, and what is still to be merged. */
  readonly conflicts: Conflicts;
  /** The space's queue of tasks. */
  readonly tasks: TaskQueue;
  /** Resolves once the server has answered for the first time; rejects when the client was closed before. */
  readonly connected: Promise<void>;
  /**
   * Asks the server for the instances of the space, connected or not: who is online, when each was heard of last and what
   * it announced. In pages, in the order of their ids.
   */
  nodes(options?: PageOptions): Promise<NodesPage>;
  /**
   * Changes what this client says about itself; what is left out stays. Others see it in `nodes` after one of the next
   * heartbeats, for one in 30 s is kept. `will` is written in its name once its connection is over, however that came.
   */
  announce(presence: Presence): void;
  /** A heartbeat now, beside those that are sent by themselves: `nodes` tells others when the newest was. */
  beat(): void;
  /** A snapshot; the same object until something changed. */
  readonly status: Status;
  /** Calls back with every new snapshot, at most once per turn of the event loop. Answers the way out. */
  onStatus(callback: StatusCallback): () => void;
  /** Sends what is gathering. Resolves when everything written so far was acked or refused. */
  flush(): Promise<void>;
  /**
   * Waits a bounded time for what is still to be acked, says goodbye, and leaves nothing behind: no timer, no socket.
   * Whatever isn't acked by then rejects.
   */
  close(): Promise<void>;
}
