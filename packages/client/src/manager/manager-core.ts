import type { JsonValue, Scope, Strategy } from '@mnemon/protocol';
import { harmless } from '../harmless.ts';
import type { Mnemon } from '../mnemon.ts';
import type { Written } from '../outbox/pending-op.ts';
import type { ReadOptions } from '../reads/reads.ts';
import type { Tell } from './events.ts';
import { createNamespace, type Namespace } from './keys.ts';
import type { Counters } from './metrics.ts';
import {
  type NamespaceOption,
  type SyncDeleteOptions,
  type SyncReadOptions,
  type SyncWriteOptions,
  ttlMsOf,
} from './options.ts';

export interface CoreOptions {
  readonly memory: Mnemon;
  readonly namespace: Namespace;
  readonly defaultTTL: number;
  /** Of what is written, unless a write says otherwise. */
  readonly strategy: Strategy | undefined;
  /** Harmless to those who don't wait for it. */
  readonly readKey: (key: string, options: ReadOptions | undefined) => Promise<JsonValue | null>;
  readonly counters: Counters;
  readonly tell: Tell;
}

/** Reads and writes below a namespace, counted and told. */
export interface ManagerCore {
  readonly memory: Mnemon;
  readonly tell: Tell;
  within(options: NamespaceOption | undefined): Namespace;
  scope(scope: Scope, options?: NamespaceOption): Scope;
  read(key: string, options?: SyncReadOptions): Promise<JsonValue | null>;
  write(key: string, value: JsonValue, options?: SyncWriteOptions): Promise<Written | undefined>;
  remove(key: string, options?: SyncDeleteOptions): Promise<Written | undefined>;
  /** The keys that match, sorted. */
  keys(pattern: string, options?: NamespaceOption): Promise<string[]>;
  /** Keys and values of what matches, by key. */
  find(pattern: string, options?: NamespaceOption): Promise<{ key: string; value: JsonValue }[]>;
}

export function createManagerCore(options: CoreOptions): ManagerCore {
  const { memory, namespace: own, defaultTTL, strategy, readKey, counters, tell } = options;

  const byDefault = strategy && { strategy };

  const within = (asked: NamespaceOption | undefined): Namespace =>
    asked?.namespace === undefined ? own : createNamespace(asked.namespace);

  function scope(given: Scope, options?: NamespaceOption): Scope {
    const { name, key } = within(options);
    if ('key' in given) return { key: key(given.key) };
    return { prefix: given.prefix === '' ? name : key(given.prefix) };
  }

  /** Not async: what is remembered is answered with no promise of its own. */
  function read(key: string, options?: SyncReadOptions): Promise<JsonValue | null> {
    counters.reads++;
    try {
      return readKey(within(options).key(key), options);
    } catch (error) {
      return harmless(Promise.reject(error));
    }
  }

  async function write(key: string, value: JsonValue, options: SyncWriteOptions = {}) {
    counters.writes++;
    const { namespace: _, ttl = defaultTTL, durability = usual(options), ...rest } = options;
    const full = within(options).key(key);
    const written = await memory.write(full, value, {
      ...byDefault,
      ...rest,
      ...ttlMsOf(ttl),
      durability,
    });
    tell('write', { key: full, value });
    return written;
  }

  async function remove(key: string, options: SyncDeleteOptions = {}) {
    const { namespace: _, durability = usual(options), ...rest } = options;
    const full = within(options).key(key);
    const written = await memory.delete(full, { ...byDefault, ...rest, durability });
    tell('delete', { key: full });
    return written;
  }

  async function find(pattern: string, options?: NamespaceOption) {
    counters.reads++;
    const found = await keys(pattern, options);
    return found.flatMap((key) => {
      const { value } = memory.peek(key);
      return value === undefined ? [] : [{ key, value }];
    });
  }

  const keys = (pattern: string, options?: NamespaceOption) => memory.keys(within(options).pattern(pattern));

  return { memory, tell, within, scope, read, write, remove, keys, find };
}

/** Who makes a condition wants to know whether it held. */
const usual = ({ expectedVersion, lock }: SyncDeleteOptions): 'acked' | 'queued' =>
  expectedVersion !== undefined || lock !== undefined ? 'acked' : 'queued';
