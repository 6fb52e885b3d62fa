import type { EventBus } from '@mnemon/core';
import { Redis } from '@upstash/redis';
import { eventChannel, noticeChannel } from './event-channel.ts';

export interface UpstashEventBusOptions {
  /** Of the REST API. */
  url: string;
  token: string;
  /** Of all channels, so that stages can share a database. */
  prefix: string;
  timeoutMs?: number;
  now?: () => number;
  log?: Pick<Console, 'warn'>;
}

/**
 * How long the last attempt speaks for the bus. Each environment knows of its own attempts only, and commands are billed:
 * one that publishes never asks, an idle one asks once in this time.
 */
const KNOWN_MS = 60_000;

/** Publishes through Upstash's REST API, one request whatever the number of commits, one command for each. */
export function upstashEventBus({
  url,
  token,
  prefix,
  timeoutMs = 1_000,
  now = Date.now,
  log = console,
}: UpstashEventBusOptions): EventBus {
  const redis = new Redis({
    url,
    token,
    // A second attempt might publish a second time, and a bus that is down must not cost its callers more than once.
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(timeoutMs),
    automaticDeserialization: false,
    readYourWrites: false,
    enableTelemetry: false,
    enableAutoPipelining: false,
  });
  let down = false;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  async function attempt(command: () => Promise<unknown>): Promise<void> {
    const wasDown = down;
    try {
      await command();
      down = false;
      if (wasDown) log.warn('the event bus is back');
    } catch (error) {
      down = true;
      if (!wasDown) log.warn(`the event bus is down, writes go on without it: ${reasonOf(error)}`);
    }
    triedAtMs = now();
  }

  return {
    async publish(commits) {
      if (commits.length === 0) return;
      const pipeline = redis.pipeline();
      for (const commit of commits) pipeline.publish(eventChannel(prefix, commit), JSON.stringify(commit));
      await attempt(() => pipeline.exec());
    },

    async tell(notice) {
      await attempt(() => redis.publish(noticeChannel(prefix, notice), JSON.stringify(notice)));
    },

    async isDown() {
      if (now() - triedAtMs > KNOWN_MS) await attempt(() => redis.ping());
      return down;
    },
  };
}

/** What may be logged: the client's own messages go on with the command, which holds what was written. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const said = message.split(', command was')[0];
  return cause instanceof Error ? `${said}: ${cause.message}` : `${said}`;
}
