import {
  advance,
  type Entry,
  type EventType,
  type HybridTime,
  LIMITS,
  type MemoryEvent,
  type MergedSide,
  type Sibling,
  type Strategy,
} from '@mnemon/protocol';
import type { Writer } from './refuse-op.ts';
import { sizeOf } from './split-delivery.ts';
import { contentOf, type Version } from './version.ts';

/** The event that makes `made` the newest version of its key, written by `writer`. */
export function makeEvent(
  type: EventType,
  key: string,
  entry: Entry | undefined,
  writer: Writer,
  made: Version,
): MemoryEvent {
  return {
    type,
    key,
    version: (entry?.version ?? 0) + 1,
    clock: advance(entry?.clock ?? {}, writer.instanceId),
    hlc: made.hlc,
    author: made.author,
    ...contentOf(made),
  };
}

/** What a `merged` event says of the two that met. */
export const mergedOf = (strategy: Strategy, entry: Entry, arrived: Version) => {
  const { author, clock, hlc, version } = entry;
  const sides: MergedSide[] = [
    { author, clock, hlc, version },
    { author: arrived.author, clock: arrived.clock, hlc: arrived.hlc },
  ];
  return { strategy, sides };
};

/** What the event says that closes a conflict: all that stood side by side. */
export const mergedSiblings = (siblings: readonly Sibling[]) => ({
  strategy: 'custom' as const,
  sides: siblings.map(({ author, clock, hlc }): MergedSide => ({ author, clock, hlc })),
});

/** Whether a version that was made of others is more than an entry may be, or than fits a frame. */
export function isTooLarge(event: MemoryEvent): boolean {
  const sizeBytes = sizeOf(event);
  if (sizeBytes > LIMITS.versionBytes) return true;
  return (
    sizeBytes > LIMITS.valueBytes && event.value !== undefined && sizeOf(event.value) > LIMITS.valueBytes
  );
}

/** A clock that runs ahead may not win for ever. */
export function clamp(hlc: HybridTime, nowMs: number): HybridTime {
  const latestMs = nowMs + LIMITS.clockAheadMs;
  return hlc.wallMs > latestMs ? { wallMs: latestMs, counter: 0 } : hlc;
}
