import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  embeddedStore,
  memoryConnections,
  memoryEventBus,
  memoryRateLimits,
  memoryTickets,
} from '@mnemon/adapters/memory';
import type { Ports, RateLimits, Tickets } from '@mnemon/core';

/** Where external backends are; each that is left out is embedded. */
export interface BackendUrls {
  mongodbUrl?: string | undefined;
  /** A plain Redis, reached through a REST endpoint as Upstash offers it. */
  redisUrl?: string | undefined;
  /** Upstash itself; wins over `redisUrl`. */
  upstash?: { url: string; token: string } | undefined;
  dynamodbEndpoint?: string | undefined;
}

export interface Backend {
  name: 'memory' | 'connections' | 'event bus';
  kind: 'embedded' | 'external';
  /** For people: no credentials. */
  where: string;
}

/** The services under the functions, started or found. */
export interface Backends {
  list: readonly Backend[];
  /** What tells the functions where they are. */
  env: Record<string, string>;
  /** What is embedded, for functions to reach in this process. */
  ports: Partial<Ports & { tickets: Tickets; rateLimits: RateLimits }>;
  close(): Promise<void>;
}

export interface BackendOptions {
  urls: BackendUrls;
  /** Left out: nothing outlives the process. */
  dataDir?: string | undefined;
  /** Names the database, the table and the channels, so that several clouds can share one engine. */
  name: string;
  /** What the functions call AWS with. */
  accessKeyId: string;
  /** A connection that was not heard of for this long is over. */
  staleMs: number;
}

type Part = Omit<Backends, 'list'> & { backend: Backend };

/** Starts or reaches all backends; rejects with one clear sentence about the one that is not there. */
export async function openBackends(options: BackendOptions): Promise<Backends> {
  const opening = [openMemory(options), openConnections(options), openBus(options)];
  const settled = await Promise.allSettled(opening);
  const parts = settled.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  const close = async () => void (await Promise.all(parts.map((part) => part.close())));
  const failed = settled.find((part) => part.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  return {
    list: parts.map(({ backend }) => backend),
    env: Object.assign({}, ...parts.map(({ env }) => env)),
    ports: Object.assign({}, ...parts.map(({ ports }) => ports)),
    close,
  };
}

async function openMemory({ urls, dataDir, name }: BackendOptions): Promise<Part> {
  if (urls.mongodbUrl === undefined) {
    const path = dataDir && join(dataDir, 'memory');
    const { close, ...ports } = embeddedStore(path === undefined ? {} : { path });
    const backend: Backend = { name: 'memory', kind: 'embedded', where: path ?? 'in memory' };
    return { backend, env: {}, ports, close };
  }
  const { connectMongo, MIGRATION_SOCKET_MS, migrate, requireTransactions } = await import(
    '@mnemon/adapters/mongo'
  ); // not on every start
  const { mongodbUrl } = urls;
  const where = withoutCredentials(mongodbUrl);
  await reach('MONGODB_URL', where, async () => {
    const mongo = connectMongo({ url: mongodbUrl, dbName: name, socketMs: MIGRATION_SOCKET_MS });
    try {
      await requireTransactions(mongo.db);
      await migrate(mongo.db);
    } finally {
      await mongo.close();
    }
  });
  const env = { MONGODB_URL: mongodbUrl, MONGODB_DATABASE: name };
  return { backend: { name: 'memory', kind: 'external', where }, env, ports: {}, close: async () => {} };
}

/** Rows and tickets are about connections of this process: nothing of them needs to outlive it. */
async function openConnections({ urls, name, accessKeyId, staleMs }: BackendOptions): Promise<Part> {
  const endpoint = urls.dynamodbEndpoint;
  if (endpoint === undefined) {
    const backend: Backend = { name: 'connections', kind: 'embedded', where: 'in process' };
    const ports = {
      connections: memoryConnections({ staleAfterMs: staleMs }),
      tickets: memoryTickets(),
    };
    return { backend, env: {}, ports, close: async () => {} };
  }
  const { createTables, dynamoClient } = await import('@mnemon/adapters/dynamo'); // not on every start
  const tables = { connections: `${name}-connections`, tickets: `${name}-tickets` };
  // With the functions' own key: DynamoDB Local keeps the tables of each key apart.
  const credentials = { accessKeyId, secretAccessKey: 'local' };
  const client = dynamoClient({ region: 'us-east-1', endpoint, credentials });
  const where = withoutCredentials(endpoint);
  try {
    await reach('DYNAMODB_ENDPOINT', where, () => createTables(client, tables));
  } finally {
    client.destroy();
  }
  return {
    backend: { name: 'connections', kind: 'external', where },
    env: {
      CONNECTIONS_TABLE: tables.connections,
      TICKETS_TABLE: tables.tickets,
      DYNAMODB_ENDPOINT: endpoint,
    },
    ports: {},
    close: async () => {},
  };
}

async function openBus({ urls, name }: BackendOptions): Promise<Part> {
  const prefix = { BUS_PREFIX: name };
  if (urls.upstash) {
    const { url, token } = urls.upstash;
    const where = withoutCredentials(url);
    await reach('UPSTASH_REDIS_REST_URL', where, () => ping(url, token));
    const env = { ...prefix, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
    return {
      backend: { name: 'event bus', kind: 'external', where },
      env,
      ports: {},
      close: async () => {},
    };
  }
  if (urls.redisUrl === undefined) {
    const bus = memoryEventBus();
    const backend: Backend = { name: 'event bus', kind: 'embedded', where: 'in process' };
    return { backend, env: prefix, ports: { bus, rateLimits: memoryRateLimits() }, close: async () => {} };
  }
  const { startUpstashRest } = await import('./upstash/upstash-rest.ts');
  const token = randomBytes(24).toString('base64url');
  const { redisUrl } = urls;
  const where = withoutCredentials(redisUrl);
  const rest = await reach('REDIS_URL', where, () => startUpstashRest({ redisUrl, token }));
  const env = { ...prefix, UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: token };
  return {
    backend: { name: 'event bus', kind: 'external', where },
    env,
    ports: {},
    close: () => rest.close(),
  };
}

/** Something that the user can put right: its message is all they need to see. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

async function reach<Value>(variable: string, where: string, open: () => Promise<Value>): Promise<Value> {
  try {
    return await open();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const [reason = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw new StartProblem(
      `${variable}: ${where} is of no use (${reason}). Start it, or unset the variable for the embedded one.`,
      { cause: error },
    );
  }
}

const PING_MS = 3_000;

async function ping(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const request = { method: 'POST', headers, body: '["PING"]', signal: AbortSignal.timeout(PING_MS) };
  const answer = await fetch(url, request);
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
}

/** For people to read. What stands before the last @ is nobody's business, and neither are the options. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/.*@/, '//').replace(/\?.*$/, '');
}
