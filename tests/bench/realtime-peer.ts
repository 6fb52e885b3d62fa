import { randomUUID } from 'node:crypto';
import { Realtime } from '@upstash/realtime';
import { Redis } from '@upstash/redis';
import { z } from 'zod';
import { startUpstashRest } from '../../packages/local/src/upstash/upstash-rest.ts';

const IN_FLIGHT = 64;
const schema = { changed: z.unknown() };

/**
 * The nearest relative: events kept in a Redis stream and pushed to subscribers. It neither checks who writes, nor
 * resolves what is written at once, nor says what a subscriber has missed.
 */
export async function startRealtimePeer(redisUrl: string, readers: number) {
  const token = randomUUID();
  const rest = await startUpstashRest({ redisUrl, token });
  const redis = new Redis({ url: rest.url, token, enableTelemetry: false });
  const name = `bench-${randomUUID()}`;
  const writer = new Realtime({ redis, schema }).channel(name);
  let expected = 0;
  let arrived = () => {};
  const all = Array.from({ length: readers }, () => new Realtime({ redis, schema }).channel(name));
  const onData = () => {
    if (--expected === 0) arrived();
  };
  await Promise.all(all.map((reader) => reader.subscribe({ events: ['changed'], onData })));
  const arrivals = (events: number) => {
    expected = events * readers;
    return new Promise<void>((resolve) => {
      arrived = resolve;
    });
  };
  return {
    /** Resolves when every reader has the event. */
    async roundTrip(value: unknown): Promise<void> {
      const heard = arrivals(1);
      await Promise.all([writer.emit('changed', value), heard]);
    },
    /** Events per second to each reader, many emitted at a time. */
    async perSecond(count: number, value: unknown): Promise<number> {
      const heard = arrivals(count);
      const startedAt = performance.now();
      let left = count;
      const emit = async () => {
        while (left-- > 0) await writer.emit('changed', value);
      };
      await Promise.all([heard, ...Array.from({ length: IN_FLIGHT }, emit)]);
      return count / ((performance.now() - startedAt) / 1000);
    },
    async close(): Promise<void> {
      for (const reader of all) reader.unsubscribe();
      await redis.del(name);
      // Its subscriptions go on to publish a ping each minute, and nobody handles what becomes of it.
      redis.publish = async () => 0;
      await rest.close();
    },
  };
}
