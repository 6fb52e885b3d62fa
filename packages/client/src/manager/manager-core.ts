import type { JsonValue, Scope } from '@mnemon/protocol';
import type { Mnemon } from '../mnemon.ts';
import type { Written } from '../pending-op.ts';
import type { Tell } from './events.ts';
import { createNamespace, type Namespace } from './keys.ts';
import type { Counters } from './metrics.ts';
import { type NamespaceOption, type SyncDeleteOptions, type SyncWriteOptions, ttlMsOf } from './options.ts';

export interface CoreOptions {
  readonly memory: Mnemon;
  readonly namespace: Namespace;
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
  /** The keys that match, sorted. */
  keys(pattern: string, options?: NamespaceOption): Promise<string[]>;
  /** Keys and values of what matches, by key. */
  find(pattern: string, options?: NamespaceOption): Promise<{ key: string; value: JsonValue }[]>;
}

export function createManagerCore(options: CoreOptions): ManagerCore {
  const { memory, namespace: own, defaultTTL, counters, tell } = options;

  const within = (asked: NamespaceOption | undefined): Namespace =>
    asked?.namespace === undefined ? own : createNamespace(asked.namespace);

  function scope(given: Scope, options?: NamespaceOption): Scope {
    const { name, key } = within(options);
    if ('key' in given) return { key: key(given.key) };
    return { prefix: given.prefix === '' ? name : key(given.prefix) };
  }

  async function read(key: string, options?: NamespaceOption): Promise<JsonValue | null> {
    counters.reads++;
    return (await memory.read(within(options).key(key))) ?? null;
  }

  async function write(key: string, value: JsonValue, options: SyncWriteOptions = {}) {
    counters.writes++;
    const { namespace: _, ttl = defaultTTL, durability = usual(options), ...rest } = options;
    const full = within(options).key(key);
    const written = await memory.write(full, value, { ...rest, ...ttlMsOf(ttl), durability });
    tell('write', { key: full, value });
    return written;
  }

  async function remove(key: string, options: SyncDeleteOptions = {}) {
    const { namespace: _, durability = usual(options), ...rest } = options;
    const full = within(options).key(key);
    const written = await memory.delete(full, { ...rest, durability });
    tell('delete', { key: full });
    return written;
  }

  async function find(pattern: string, options?: NamespaceOption) {
    counters.reads++;
    const entries = await memory.entries(within(options).pattern(pattern));
    return entries
      .map(({ key, value }) => ({ key, value: value as JsonValue }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  const keys = async (pattern: string, options?: NamespaceOption) =>
    (await find(pattern, options)).map(({ key }) => key);

  return { memory, tell, within, scope, read, write, remove, keys, find };
}

/** Who makes a condition wants to know whether it held. */
const usual = ({ expectedVersion, lock }: SyncDeleteOptions): 'acked' | 'queued' =>
  expectedVersion !== undefined || lock !== undefined ? 'acked' : 'queued';
