import type { EventBus } from '@mnemon/core';
import { Redis } from '@upstash/redis';
import { eventChannel } from './event-channel.ts';

export interface UpstashEventBusOptions {
  /** Of the REST API. */
  url: string;
  token: string;
  /** Of all channels, so that stages can share a database. */
  prefix: string;
  timeoutMs?: number;
  log?: Pick<Console, 'warn'>;
}

/** Publishes through Upstash's REST API, one request whatever the number of commits, one command for each. */
export function upstashEventBus({
  url,
  token,
  prefix,
  timeoutMs = 1_000,
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

  function note(failure: { reason: string } | undefined): void {
    const wasDown = down;
    down = failure !== undefined;
    if (failure && !wasDown) {
      log.warn(`the event bus is down, writes go on without it: ${failure.reason}`);
    } else if (!failure && wasDown) log.warn('the event bus is back');
  }

  return {
    async publish(commits) {
      if (commits.length === 0) return;
      try {
        const pipeline = redis.pipeline();
        for (const commit of commits) pipeline.publish(eventChannel(prefix, commit), JSON.stringify(commit));
        await pipeline.exec();
        note(undefined);
      } catch (error) {
        note({ reason: reasonOf(error) });
      }
    },

    isDown: () => down,
  };
}

/** What may be logged: the client's own messages go on with the command, which holds what was written. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const said = message.split(', command was')[0];
  return cause instanceof Error ? `${said}: ${cause.message}` : `${said}`;
}
