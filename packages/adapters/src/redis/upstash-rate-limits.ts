import { type RateLimits, Unavailable } from '@mnemon/core';
import { Redis } from '@upstash/redis';

export interface UpstashRateLimitsOptions {
  /** Of the REST API. */
  url: string;
  token: string;
  /** Of all keys, so that stages can share a database. */
  prefix: string;
  timeoutMs?: number;
}

/** One command, so that no window is left without an end. */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { count, redis.call('PTTL', KEYS[1]) }`;

/** Windows that all environments share, in Redis. */
export function upstashRateLimits({
  url,
  token,
  prefix,
  timeoutMs = 500,
}: UpstashRateLimitsOptions): RateLimits {
  const redis = new Redis({
    url,
    token,
    retry: { retries: 0 }, // a second attempt might count twice, and somebody waits
    signal: () => AbortSignal.timeout(timeoutMs),
    readYourWrites: false,
    enableTelemetry: false,
    enableAutoPipelining: false,
  });
  return {
    async count(name, windowMs) {
      try {
        const key = `${prefix}:rate:${name}`;
        const [count, endsInMs] = await redis.eval<[number], [number, number]>(COUNT, [key], [windowMs]);
        return { count, endsInMs };
      } catch {
        // Without a cause: the client's errors repeat the command.
        throw new Unavailable('redis');
      }
    },
  };
}
