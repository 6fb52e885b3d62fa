import type { JsonValue } from '@mnemon/protocol';
import type { WriteOptions } from '../mnemon.ts';
import { MnemonError } from '../mnemon-error.ts';
import type { OpenOptions } from '../open-mnemon.ts';
import type { ReadOptions } from '../reads/reads.ts';
import type { Change } from '../replica/change.ts';
import type { ConflictResolver, ConflictResolverName } from './conflict-resolver.ts';

export interface MemorySyncOptions
  extends Pick<OpenOptions, 'url' | 'httpUrl' | 'token' | 'onError' | 'outboxStore'> {
  /** The name of this program. One connection per name: a second one replaces the first. */
  readonly workerId: string;
  /** The first segments of all keys and patterns, `task-sentinel` by default; `''` for none. */
  readonly namespace?: string;
  /** How long what is written lives, in seconds; 3600 by default. 0: as the space's policies say. */
  readonly defaultTTL?: number;
  /** How many entries the cache holds; 1000 by default. */
  readonly cacheSize?: number;
  /** How long writes gather behind one that is on its way, in milliseconds; 100 by default. */
  readonly batchInterval?: number;
  /** How often this worker's beat is renewed, in milliseconds; 5000 by default. */
  readonly heartbeatInterval?: number;
  /**
   * How what this client writes is resolved with concurrent writes. By name: with the strategy of the engine. A function
   * is called where the versions are seen side by side, by subscription or read, and its answer closes the conflict. Left
   * out: as the space's policies say.
   */
  readonly conflictResolver?: ConflictResolverName | ConflictResolver;
}

export interface NamespaceOption {
  /** Instead of the manager's own. */
  readonly namespace?: string | undefined;
}

export interface SyncReadOptions extends NamespaceOption, ReadOptions {}

export interface SyncWriteOptions extends NamespaceOption, Omit<WriteOptions, 'ttlMs'> {
  /** What the promise waits for: that the write was taken in, or that it is durable. */
  readonly durability?: 'queued' | 'acked';
  /** In seconds, instead of `defaultTTL`. 0: as the space's policies say. */
  readonly ttl?: number;
}

export interface SyncDeleteOptions
  extends NamespaceOption,
    Pick<SyncWriteOptions, 'durability' | 'expectedVersion' | 'lock' | 'strategy' | 'importance'> {}

export interface SyncSubscribeOptions extends NamespaceOption {
  /**
   * Hears of every committed change of a matching key, own ones included, in the log's order. `null`: it was deleted, or is too large to
   * come along (`change.entry.large`): then `read` has it.
   */
  readonly onChange?: (key: string, value: JsonValue | null, change: Change) => unknown;
  /** Hears, before `onChange`, that what was read of `key` is out of date: another instance changed it, or it is gone. */
  readonly onInvalidate?: (key: string) => unknown;
}

/** The options with all defaults, checked. */
export type Settings = Required<
  Pick<
    MemorySyncOptions,
    'workerId' | 'namespace' | 'defaultTTL' | 'cacheSize' | 'batchInterval' | 'heartbeatInterval'
  >
>;

/** Throws `bad-request` for what is no count or time. */
export function settingsOf(options: MemorySyncOptions): Settings {
  return {
    workerId: options.workerId,
    namespace: options.namespace ?? 'task-sentinel',
    defaultTTL: atLeast(0, 'defaultTTL', options.defaultTTL ?? 3600),
    cacheSize: wholeNumber('cacheSize', atLeast(1, 'cacheSize', options.cacheSize ?? 1000)),
    batchInterval: atLeast(0, 'batchInterval', options.batchInterval ?? 100),
    heartbeatInterval: atLeast(1, 'heartbeatInterval', options.heartbeatInterval ?? 5000),
  };
}

function atLeast(least: number, name: string, given: number): number {
  if (typeof given === 'number' && given >= least) return given;
  throw new MnemonError('bad-request', `${name} is a number from ${least} on`);
}

function wholeNumber(name: string, given: number): number {
  if (Number.isSafeInteger(given)) return given;
  throw new MnemonError('bad-request', `${name} is a whole number`);
}

/** Seconds as the engine wants them: nothing for 0 and for ever. */
export function ttlMsOf(seconds: number): Pick<WriteOptions, 'ttlMs'> {
  atLeast(0, 'ttl', seconds);
  const isLimited = seconds > 0 && Number.isFinite(seconds);
  return isLimited ? { ttlMs: Math.ceil(seconds * 1000) } : {};
}
