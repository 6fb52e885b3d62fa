import type { VectorClock } from '@mnemon/protocol';
import type { CacheStats } from '../cache/cache-manager.ts';
import type { Change } from '../replica/change.ts';
import type { Status } from '../status.ts';
import { createLatencySample, type Latency } from './latency-sample.ts';
import { createLatestCounters } from './latest-counters.ts';

export interface SyncMetrics {
  /** Calls of `read` and of what reads. */
  readonly reads: number;
  /** Calls of `write` and of what writes, not operations: several writes of one key may leave as one. */
  readonly writes: number;
  readonly conflicts: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Batches that were acked. */
  readonly syncs: number;
  readonly cache: { readonly size: number; readonly maxSize: number; readonly invalidated: number };
  /** Operations that aren't acked yet. */
  readonly pendingWrites: number;
  readonly subscriptions: number;
  /**
   * Of each instance the highest counter in any version that a subscription has heard of; of the 64 instances that were
   * heard of last, as many as the clock of a version counts.
   */
  readonly vectorClock: VectorClock;
  /** From another instance's write until it was here, by both machines' clocks. */
  readonly propagation: Latency;
  /** From when a batch left until its ack. */
  readonly ack: Latency;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Batches that were sent again. */
  readonly resends: number;
  /** Commits that were missing for so long that they were asked for. */
  readonly gaps: number;
}

/** What the manager counts itself; the rest of its metrics others know. */
export interface Counters {
  reads: number;
  writes: number;
  conflicts: number;
  syncs: number;
  acked(ms: number): void;
  /** A change that a subscription heard. `isLive`: it came as it happened, and not with a catch-up. */
  heard(change: Change, nowMs: number, isLive: boolean): void;
  readonly seen: Pick<SyncMetrics, 'vectorClock' | 'propagation' | 'ack'>;
}

export function createCounters(): Counters {
  const propagation = createLatencySample();
  const ack = createLatencySample();
  const counters = createLatestCounters();
  return {
    reads: 0,
    writes: 0,
    conflicts: 0,
    syncs: 0,
    acked: (ms) => ack.add(ms),
    heard({ entry, own }, nowMs, isLive) {
      counters.hear(entry.clock);
      if (isLive && !own) propagation.add(nowMs - entry.hlc.wallMs);
    },
    get seen() {
      return { vectorClock: counters.read(), propagation: propagation.read(), ack: ack.read() };
    },
  };
}

export function metricsOf(
  counters: Counters,
  status: Status,
  { subscriptions, cache }: { subscriptions: number; cache: CacheStats },
): SyncMetrics {
  const { reads, writes, conflicts, syncs, seen } = counters;
  const { pendingOps: pendingWrites, reconnects, resends, gaps } = status;
  const { hits: cacheHits, misses: cacheMisses, size, maxSize, invalidated } = cache;
  return {
    ...{ reads, writes, conflicts, cacheHits, cacheMisses, syncs },
    cache: { size, maxSize, invalidated },
    ...{ pendingWrites, subscriptions, ...seen, reconnects, resends, gaps },
  };
}
