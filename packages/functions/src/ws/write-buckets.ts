/** So many connections are remembered; the one that wrote longest ago is forgotten first, and begins with a full bucket. */
const CONNECTIONS = 10_000;

/** Answers how long a connection has to wait for its next write; 0 when it may. */
export type TakeWrite = (connectionId: string, nowMs: number) => number;

/** A token bucket for each connection, with twice what flows in per second. In this process only: a write costs no I/O. */
export function writeBuckets(perSecond: number): TakeWrite {
  const sizeTokens = 2 * perSecond;
  const buckets = new Map<string, { tokens: number; filledAtMs: number }>();
  return (connectionId, nowMs) => {
    const { tokens, filledAtMs } = buckets.get(connectionId) ?? { tokens: sizeTokens, filledAtMs: nowMs };
    const filled = Math.min(sizeTokens, tokens + (Math.max(0, nowMs - filledAtMs) / 1000) * perSecond);
    const isFree = filled >= 1;
    buckets.delete(connectionId); // and put at the end: a map keeps the order of insertion
    buckets.set(connectionId, { tokens: isFree ? filled - 1 : filled, filledAtMs: nowMs });
    if (buckets.size > CONNECTIONS) buckets.delete(buckets.keys().next().value as string);
    return isFree ? 0 : Math.ceil(((1 - filled) / perSecond) * 1000);
  };
}
