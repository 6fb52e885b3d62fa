/** Beyond these, the oldest measurement makes room for the newest. */
const SIZE = 1_000;

export interface Latency {
  /** `undefined` until something was measured. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Measurements that these are of. */
  readonly count: number;
}

/** The newest thousand measurements. */
export interface LatencySample {
  add(ms: number): void;
  read(): Latency;
}

export function createLatencySample(): LatencySample {
  const kept: number[] = [];
  let next = 0;
  return {
    add(ms) {
      kept[next] = Math.max(0, ms);
      next = (next + 1) % SIZE;
    },
    read() {
      const sorted = [...kept].sort((a, b) => a - b);
      return { p50Ms: rank(sorted, 0.5), p99Ms: rank(sorted, 0.99), count: sorted.length };
    },
  };
}

/** Nearest rank: a measurement that was made, never one between two. */
const rank = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.ceil(share * sorted.length) - 1];
