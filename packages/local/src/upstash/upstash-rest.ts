import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { readText } from '../gateway/request-body.ts';
import { type Command, parseCommand, parseCommands, unavailable } from './redis-command.ts';
import { encodeReply } from './redis-reply.ts';
import { streamSubscription, subscriptionOf } from './rest-subscription.ts';

export interface UpstashRestOptions {
  redisUrl: string;
  /** The bearer token that every request has to carry. */
  token: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Hears of a lost connection to Redis, which is tried again for as long as this runs. */
  log?: (line: string) => void;
}

export interface UpstashRest {
  url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

type Result = { result: unknown } | { error: string };
interface Answer {
  status: number;
  body: Result | Result[];
}

const refused = (status: number, error: string): Answer => ({ status, body: { error } });

/**
 * Upstash's REST API in front of any Redis, as `@upstash/redis` speaks it: `POST /`, `/pipeline`, `/multi-exec`, and the
 * streams of `/subscribe` and `/psubscribe`.
 */
export async function startUpstashRest(options: UpstashRestOptions): Promise<UpstashRest> {
  const { redisUrl, token, port = 0, log = () => {} } = options;
  const redis = await connectRedis(redisUrl, log);
  const server = createServer((request, response) => {
    const subscription = carriesToken(request, token) ? subscriptionOf(request.url ?? '') : undefined;
    if (subscription) {
      streamSubscription(redis, subscription, request, response).catch(() => response.destroy());
      return;
    }
    answerTo(request, redis, token).then(
      (answer) => send(response, answer),
      () => response.destroy(),
    );
  });
  // A frozen execution environment can't see that an idle connection was closed, so idle ones are kept for long.
  server.keepAliveTimeout = 350_000;
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      redis.disconnect();
    },
  };
}

async function connectRedis(redisUrl: string, log: (line: string) => void): Promise<Redis> {
  const redis = new Redis(redisUrl, {
    protocol: 2, // Upstash answers in the shapes of RESP2
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false, // or a caller might find its INCR applied twice
  });
  redis.on('error', (error) => log(`Redis: ${error.message}`));
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect(); // it would go on trying
    throw error;
  }
}

async function answerTo(request: IncomingMessage, redis: Redis, token: string): Promise<Answer> {
  if (!carriesToken(request, token)) return refused(401, 'Unauthorized');
  if (request.method !== 'POST') return refused(405, 'ERR only POST is supported');
  const text = await readText(request, MAX_BODY_BYTES);
  if (text === undefined)
    return refused(413, `ERR max request size exceeded. Limit: ${MAX_BODY_BYTES} bytes`);
  const base64 = request.headers['upstash-encoding'] === 'base64';
  const run = (command: Command) => runOne(redis, command, base64);
  try {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/pipeline') return { status: 200, body: await Promise.all(parseCommands(text).map(run)) };
    if (path === '/multi-exec') return await runTransaction(redis, parseCommands(text), base64);
    if (path !== '/') return refused(404, 'ERR unknown path');
    const body = await run(parseCommand(text));
    return { status: 'error' in body ? 400 : 200, body };
  } catch (error) {
    return refused(400, messageOf(error));
  }
}

async function runOne(redis: Redis, command: Command, base64: boolean): Promise<Result> {
  const reason = unavailable(command);
  if (reason) return { error: reason };
  try {
    const [name, ...args] = command;
    return { result: encodeReply(await redis.callBuffer(name, args), base64) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** All commands are written in one go on one connection, so that nobody else's come between MULTI and EXEC. */
async function runTransaction(redis: Redis, commands: Command[], base64: boolean): Promise<Answer> {
  const reason = commands.map(unavailable).find(Boolean);
  if (reason) return refused(400, reason);
  const multi = redis.callBuffer('MULTI');
  const queued = commands.map(([name, ...args]) => redis.callBuffer(name, args));
  const exec = redis.callBuffer('EXEC');
  const outcomes = await Promise.allSettled([multi, ...queued, exec]);
  const refusal = outcomes.find(({ status }) => status === 'rejected');
  if (refusal?.status === 'rejected') return refused(400, messageOf(refusal.reason));
  const replies = (await exec) as unknown[];
  const body = replies.map((reply) =>
    reply instanceof Error ? { error: messageOf(reply) } : { result: encodeReply(reply, base64) },
  );
  return { status: 200, body };
}

function carriesToken(request: IncomingMessage, token: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ''), hash(`Bearer ${token}`));
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Redis' own errors begin with a code in capitals; those of a lost connection don't.
  return /^[A-Z]+ /.test(message) ? message : `ERR ${message}`;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
