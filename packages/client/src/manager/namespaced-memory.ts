import type { JsonValue, Sibling } from '@mnemon/protocol';
import { EventEmitter } from 'eventemitter3';
import type { Lock, LockOptions } from '../coordination/lock.ts';
import { callGuarded } from '../guarded-call.ts';
import { harmless } from '../harmless.ts';
import type { IterateOptions } from '../iterators.ts';
import type { Mnemon } from '../mnemon.ts';
import type { Written } from '../outbox/pending-op.ts';
import type { Ports } from '../ports.ts';
import type { Change } from '../replica/change.ts';
import type { Resolution } from '../resolvers/conflict-resolvers.ts';
import type { Status } from '../status.ts';
import type { SyncEvents, Tell } from './events.ts';
import type { ManagerCore } from './manager-core.ts';
import { metricsOf, type SyncMetrics } from './metrics.ts';
import type {
  MemorySyncOptions,
  NamespaceOption,
  SyncDeleteOptions,
  SyncReadOptions,
  SyncSubscribeOptions,
  SyncWriteOptions,
} from './options.ts';
import { createParts, logError, type Parts } from './parts.ts';

/** Reads, writes and subscriptions below a namespace, with metrics and events. */
export class NamespacedMemory extends EventEmitter<SyncEvents> {
  /** The client beneath, for what this class has no method for. Its keys and patterns are whole: with the namespace. */
  readonly memory: Mnemon;
  readonly workerId: string;
  readonly namespace: string;
  protected readonly parts: Parts;
  #ending: Promise<void> | undefined;

  /** Connects by itself, and doesn't wait for it. Throws `bad-request` for options that are none. */
  constructor(options: MemorySyncOptions, ports: Partial<Ports> = {}) {
    super();
    const { onError = logError } = options;
    const tell: Tell = (name, ...details) => {
      if (this.listenerCount(name) === 0) return;
      callGuarded(() => void this.emit(name, ...(details as never)), undefined, onError);
    };
    this.parts = createParts(options, ports, tell);
    this.memory = this.parts.memory;
    this.workerId = options.workerId;
    this.namespace = this.core.within(undefined).name;
  }

  protected get core(): ManagerCore {
    return this.parts.core;
  }

  /**
   * The value of `key`, this client's own newest one before all; `null` where there is none. Waits for the connection
   * where nothing is known of the key yet. `workers/<workerId>/heartbeat` is no entry: it answers `{ status, lastBeatAtMs }`
   * as the server knows it.
   */
  read(key: string, options?: SyncReadOptions): Promise<JsonValue | null> {
    return this.core.read(key, options);
  }

  /**
   * Writes `value` under `key`; `read` answers it from the call on. Resolves once it is taken in, with
   * `durability: 'acked'` once it is durable, and then tells what became of it. A write that expects a version or holds a
   * lock waits for its ack in any case. Rejects when it was refused by then; later, `write-failed` tells.
   */
  write(key: string, value: JsonValue, options?: SyncWriteOptions): Promise<Written | undefined> {
    return harmless(this.core.write(key, value, options));
  }

  /** Deletes `key`, with the promises of `write`. */
  delete(key: string, options?: SyncDeleteOptions): Promise<Written | undefined> {
    return harmless(this.core.remove(key, options));
  }

  /** The keys that match, sorted, each with its namespace. */
  searchKeys(pattern: string, options?: NamespaceOption): Promise<string[]> {
    return harmless(this.core.keys(pattern, options));
  }

  /**
   * Calls back for every committed change of a matching key, by whatever process, and answers an id for `unsubscribe`.
   * `*` stays within a segment, but at the end of a pattern it reaches deeper; `**` crosses segments. From the event
   * `subscribed` on no change is missed. Throws `bad-pattern`.
   */
  subscribe(pattern: string, options: SyncSubscribeOptions = {}): string {
    return this.parts.subscriptions.add(this.core.within(options).pattern(pattern), options);
  }

  /** Ends a subscription. False when there is none of this id. */
  unsubscribe(id: string): boolean {
    return this.parts.subscriptions.end(id);
  }

  /** The changes that `subscribe` would call back for, to take one by one; ends with `overloaded` for who is too slow. */
  iterate(
    pattern: string,
    { namespace, ...options }: IterateOptions & NamespaceOption = {},
  ): AsyncIterableIterator<Change, undefined> {
    return this.memory.iterate(this.core.within({ namespace }).pattern(pattern), options);
  }

  /** The committed value of `key`, `undefined` where there is none, and then each newer one; whoever is slower gets the newest. */
  watch(key: string, options?: NamespaceOption): AsyncIterableIterator<JsonValue | undefined, undefined> {
    return this.memory.watch(this.core.within(options).key(key));
  }

  /**
   * What this client's resolver makes of versions that lie side by side, like the `siblings` of an entry. Nothing is
   * written. Without a resolver of its own, the latest version has its way.
   */
  resolveConflict(entries: readonly Sibling[]): Promise<Resolution> {
    return harmless(Promise.resolve(entries).then(this.parts.resolve));
  }

  /** Resolves when everything written so far was acked or refused. */
  forceSync(): Promise<void> {
    return harmless(this.memory.flush().then(() => this.core.tell('force-sync')));
  }

  /** Forgets what is cached. */
  clearCache(): void {
    this.parts.cache.clear();
    this.core.tell('cache-cleared');
  }

  /** Fetches what matches, as far as there is room for it. Answers how many entries these are. */
  warm(pattern: string, options?: NamespaceOption): Promise<number> {
    return this.parts.cache.warm(this.core.within(options).pattern(pattern));
  }

  /** Forgets the cached keys that match; a regular expression sees whole keys. Answers how many. */
  invalidate(pattern: string | RegExp, options?: NamespaceOption): number {
    const { pattern: whole } = this.core.within(options);
    return this.parts.cache.invalidate(typeof pattern === 'string' ? whole(pattern) : pattern);
  }

  getMetrics(): SyncMetrics {
    return metricsOf(this.parts.counters, this.memory.status, {
      subscriptions: this.parts.subscriptions.size,
      cache: this.parts.cache.stats,
    });
  }

  /** How the connection is. */
  get status(): Status {
    return this.memory.status;
  }

  /** Works under the lock `name`, a key below the namespace, and gives it back whatever comes of it. */
  withLock<Result>(
    name: string,
    { namespace, ...options }: LockOptions & NamespaceOption,
    work: (lock: Lock) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.memory.withLock(this.core.within({ namespace }).key(name), options, work);
  }

  /**
   * Waits a bounded time for the acks of what was written, says goodbye, upon which the server frees this client's locks,
   * and leaves no timer and no socket behind. The first call counts, all resolve with it.
   */
  shutdown(): Promise<void> {
    this.#ending ??= this.#shutDown();
    return this.#ending;
  }

  async #shutDown(): Promise<void> {
    await this.memory.close();
    this.core.tell('shutdown');
  }
}
