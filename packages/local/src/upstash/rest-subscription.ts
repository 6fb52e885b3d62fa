import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Redis } from 'ioredis';

/** A path of Upstash's streaming commands: `/subscribe/<channel>` or `/psubscribe/<pattern>`, percent-encoded. */
const STREAM = /^\/(subscribe|psubscribe)\/([^/?]+)(?:\?.*)?$/;

export interface Subscription {
  command: 'subscribe' | 'psubscribe';
  name: string;
}

/** What `url` subscribes to; `undefined` for anything else. */
export function subscriptionOf(url: string): Subscription | undefined {
  const [, command, encoded] = STREAM.exec(url) ?? [];
  if (!command || !encoded) return undefined;
  try {
    return { command: command as Subscription['command'], name: decodeURIComponent(encoded) };
  } catch {
    return undefined;
  }
}

/** Streams what Redis publishes as server-sent events, until the caller leaves. One Redis connection each. */
export async function streamSubscription(
  redis: Redis,
  { command, name }: Subscription,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const subscriber = redis.duplicate({ lazyConnect: true });
  subscriber.on('error', () => response.destroy());
  response.on('close', () => subscriber.disconnect());
  const send = (...parts: (string | number)[]) => response.write(`data: ${parts.join(',')}\n\n`);
  subscriber.on('message', (channel: string, message: string) => send('message', channel, message));
  subscriber.on('pmessage', (pattern: string, channel: string, message: string) =>
    send('pmessage', pattern, channel, message),
  );
  request.resume();
  await subscriber.connect();
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  send(command, name, Number(await subscriber[command](name)));
}
