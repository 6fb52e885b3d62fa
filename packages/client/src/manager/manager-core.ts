import type { JsonValue, Scope } from '@mnemon/protocol';
import type { Clock } from '../clock.ts';
import type { Mnemon } from '../mnemon.ts';
import { isConflict, isMnemonError } from '../mnemon-error.ts';
import type { Written } from '../pending-op.ts';
import type { Tell } from './events.ts';
import { createNamespace, type Namespace } from './keys.ts';
import type { Counters } from './metrics.ts';
import { type NamespaceOption, type SyncDeleteOptions, type SyncWriteOptions, ttlMsOf } from './options.ts';

export interface CoreOptions {
  readonly memory: Mnemon;
  readonly clock: Clock;
  readonly namespace: string;
  readonly defaultTTL: number;
  readonly counters: Counters;
  readonly tell: Tell;
}

/** Reads and writes below a namespace, counted and told. */
export interface ManagerCore {
  readonly memory: Mnemon;
  readonly tell: Tell;
  within(options: NamespaceOption | undefined): Namespace;
  scope(scope: Scope, options?: NamespaceOption): Scope;
  read(key: string, options?: NamespaceOption): Promise<JsonValue | null>;
  write(key: string, value: JsonValue, options?: SyncWriteOptions): Promise<Written | undefined>;
  remove(key: string, options?: SyncDeleteOptions): Promise<Written | undefined>;
  /** Keys and values of what matches, by key. */
  find(pattern: string, options?: NamespaceOption): Promise<{ key: string; value: JsonValue }[]>;
}

export function createManagerCore(options: CoreOptions): ManagerCore {
  const { memory, clock, defaultTTL, counters, tell } = options;
  const own = createNamespace(options.namespace);

  const within = (asked: NamespaceOption | undefined): Namespace =>
    asked?.namespace === undefined ? own : createNamespace(asked.namespace);

  function scope(given: Scope, options?: NamespaceOption): Scope {
    const { name, key } = within(options);
    if ('key' in given) return { key: key(given.key) };
    return { prefix: given.prefix === '' ? name : key(given.prefix) };
  }

  /** Measures and tells what becomes of a write that was taken in. */
  function follow(key: string, written: Promise<Written>): Promise<Written> {
    const startedMs = clock.now();
    written.then(
      ({ merged, version }) => {
        counters.acked(clock.now() - startedMs);
        if (merged) tellConflict(key, 'merged', version);
      },
      (error: unknown) => {
        if (isConflict(error)) tellConflict(key, 'refused', error.current?.version ?? 0);
        if (isMnemonError(error)) tell('write-failed', { key, error });
      },
    );
    return written;
  }

  function tellConflict(key: string, type: 'merged' | 'refused', version: number): void {
    counters.conflicts++;
    tell('conflict', { key, type, version });
  }

  async function read(key: string, options?: NamespaceOption): Promise<JsonValue | null> {
    counters.reads++;
    return (await memory.read(within(options).key(key))) ?? null;
  }

  async function write(key: string, value: JsonValue, options: SyncWriteOptions = {}) {
    counters.writes++;
    const { namespace: _, ttl = defaultTTL, durability, ...rest } = options;
    const full = within(options).key(key);
    const written = follow(full, memory.write(full, value, { ...rest, ...ttlMsOf(ttl) }));
    tell('write', { key: full, value });
    return isAwaited(options) ? written : takenIn(written);
  }

  async function remove(key: string, options: SyncDeleteOptions = {}) {
    const { namespace: _, durability, ...rest } = options;
    const full = within(options).key(key);
    const written = follow(full, memory.delete(full, rest));
    tell('delete', { key: full });
    return isAwaited(options) ? written : takenIn(written);
  }

  async function find(pattern: string, options?: NamespaceOption) {
    counters.reads++;
    const entries = await memory.entries(within(options).pattern(pattern));
    return entries
      .map(({ key, value }) => ({ key, value: value as JsonValue }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  return { memory, tell, within, scope, read, write, remove, find };
}

/** Who makes a condition wants to know whether it held. */
const isAwaited = ({ durability, expectedVersion, lock }: SyncDeleteOptions): boolean =>
  durability ? durability === 'acked' : expectedVersion !== undefined || lock !== undefined;

/** Resolves unless the write is refused at once. */
async function takenIn(written: Promise<Written>): Promise<undefined> {
  const queued = Promise.resolve().then(() => {});
  await Promise.race([written, queued]);
}
