/** API Gateway's quotas for WebSocket and HTTP APIs. Tests shorten the times. */
export interface GatewayLimits {
  /** A longer frame, or a longer message of several frames, closes the connection with 1009. */
  frameBytes: number;
  messageBytes: number;
  /** Closed with 1001 after this long without a message in either direction. */
  idleMs: number;
  connectionLifeMs: number;
  integrationTimeoutMs: number;
  connectsPerSecond: number;
  /** Of an HTTP request's body. */
  httpBodyBytes: number;
  httpIntegrationTimeoutMs: number;
  /** What may wait for a slow reader before posts to it are answered 429. AWS does not document its own figure. */
  bufferedBytes: number;
}

export const AWS_LIMITS: GatewayLimits = {
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
  idleMs: 10 * 60_000,
  connectionLifeMs: 2 * 3_600_000,
  integrationTimeoutMs: 29_000,
  connectsPerSecond: 500,
  httpBodyBytes: 10 * 1024 * 1024,
  httpIntegrationTimeoutMs: 30_000,
  bufferedBytes: 1024 * 1024,
};

/** A token bucket that holds one second's worth: true while there is room for one more. */
export function perSecond(limit: number, nowMs: () => number = () => performance.now()): () => boolean {
  let tokens = limit;
  let filledAtMs = nowMs();
  return () => {
    const now = nowMs();
    tokens = Math.min(limit, tokens + ((now - filledAtMs) / 1000) * limit);
    filledAtMs = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
