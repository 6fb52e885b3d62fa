import type { JsonValue } from '@mnemon/protocol';
import { type CachedReads, createCachedReads } from '../cache/cached-reads.ts';
import { createTimer } from '../clock.ts';
import { harmless } from '../harmless.ts';
import type { Mnemon } from '../mnemon.ts';
import { openMnemon } from '../open-mnemon.ts';
import { type Ports, realPorts } from '../ports.ts';
import type { ReadOptions } from '../reads/reads.ts';
import { createBatchNews } from './batch-news.ts';
import { type ConflictResolver, resolverOf, strategyOf } from './conflict-resolver.ts';
import { createConflicts } from './conflicts.ts';
import { tellConnectionNews } from './connection-news.ts';
import type { Tell } from './events.ts';
import { createNamespace, PATHS } from './keys.ts';
import { createLiveSubscriptions, type LiveSubscriptions } from './live-subscriptions.ts';
import { createManagerCore, type ManagerCore } from './manager-core.ts';
import { type Counters, createCounters } from './metrics.ts';
import { type MemorySyncOptions, settingsOf, ttlMsOf } from './options.ts';
import { announcedBy, createWorkerMemory, type WorkerMemory } from './worker-memory.ts';

/** What a manager is made of, wired. */
export interface Parts {
  readonly memory: Mnemon;
  readonly core: ManagerCore;
  readonly subscriptions: LiveSubscriptions;
  readonly workers: WorkerMemory;
  readonly counters: Counters;
  readonly cache: CachedReads;
  readonly resolve: ConflictResolver;
}

export function createParts(options: MemorySyncOptions, ports: Partial<Ports>, tell: Tell): Parts {
  const { workerId, defaultTTL, cacheSize, batchInterval, heartbeatInterval } = settingsOf(options);
  const { url, httpUrl, token, outboxStore, onError = logError } = options;
  const { clock } = { ...realPorts(), ...ports };
  const namespace = createNamespace(settingsOf(options).namespace);
  const strategy = strategyOf(options.conflictResolver);
  const counters = createCounters();
  const resolver = typeof options.conflictResolver === 'function' ? options.conflictResolver : undefined;
  const conflicts = createConflicts({ counters, tell, resolver, onError, memory: () => memory });
  const gone = {
    ...{ key: namespace.key(PATHS.workerStatus(workerId)), value: { state: 'offline' }, ifExists: true },
    ...ttlMsOf(defaultTTL),
  };
  const memory: Mnemon = openMnemon(
    {
      ...{ url, token, onError, instanceId: workerId, batchIntervalMs: batchInterval, whenFull: 'wait' },
      presence: { announced: announcedBy(namespace.name), will: gone },
      ...(httpUrl !== undefined && { httpUrl }),
      ...(outboxStore && { outboxStore }),
      onAcked: createBatchNews(counters, tell, conflicts),
      onRefused: (error, key) => tell('write-failed', { key, error }),
    },
    ports,
  );
  const cache = createCachedReads(memory, { maxEntries: cacheSize, nothing: null });
  const core = createManagerCore({ memory, namespace, defaultTTL, strategy, counters, tell, readKey });

  function readKey(key: string, options: ReadOptions | undefined): Promise<JsonValue | null> {
    const beating = workers.whoseBeat(key);
    if (beating !== undefined) return harmless(workers.lastBeat(beating));
    const read = cache.read(key, options) as Promise<JsonValue | null>;
    return resolver ? harmless(closing(key, read)) : read;
  }

  /** Whoever has a resolver closes what is seen side by side, whether it is heard of or read. */
  async function closing(key: string, read: Promise<JsonValue | null>): Promise<JsonValue | null> {
    const value = await read;
    const { entry } = cache.peek(key);
    if (entry?.siblings) conflicts.merged(key, entry.version, entry);
    return value;
  }

  const workers = createWorkerMemory(core, { workerId, defaultTTL, now: clock.now });
  const subscriptions = createLiveSubscriptions({ memory, tell, onError }, (change) => {
    counters.heard(change, clock.now(), memory.status.state !== 'catching-up');
    if (change.type === 'merged') conflicts.merged(change.key, change.entry.version, change.entry);
  });
  const beats = createTimer(clock, () => {
    beats.set(heartbeatInterval);
    void workers.beat().catch(() => {}); // what is refused, `write-failed` tells
  });
  beats.set(heartbeatInterval);
  tellConnectionNews(memory, tell, {
    returned: () => void workers.returned().catch(() => {}),
    closed: () => beats.clear(),
  });
  return {
    memory,
    core,
    subscriptions,
    workers,
    counters,
    cache,
    resolve: resolverOf(options.conflictResolver),
  };
}

export const logError = (error: unknown): void => console.error('mnemon: a callback failed:', error);
