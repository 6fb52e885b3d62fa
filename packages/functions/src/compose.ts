import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  contendedPartitions,
  type Identity,
  type Pause,
  type Ports,
  type RateLimits,
  type Relay,
  redeemTicket,
  STORAGE_PORTS,
  type StoragePorts,
  type Tickets,
} from '@mnemon/core';
import { findHost, type Host, interceptPorts } from './host.ts';
import { measurePorts } from './measure-ports.ts';
import { countMetric, currentCorrelationId, log, timeMetric } from './observe.ts';
import { backendProbes, type Probe } from './probes.ts';
import { type Limit, rateRules } from './rate-rules.ts';
import { type AuthSettings, readAuthSettings, readSettings, type Settings } from './settings.ts';
import { tokenVerifier, type VerifyToken } from './token-verifier.ts';
import { type TakeWrite, writeBuckets } from './ws/write-buckets.ts';

/** What a handler works with; made once per environment. */
export interface App {
  ports: Ports;
  settings: Settings;
  limit: Limit;
  takeWrite: TakeWrite;
  verify: VerifyToken;
  pause: Pause;
}

/** What the HTTP function works with beside that. */
export interface HttpApp extends App {
  tickets: Tickets;
  probes: Readonly<Record<string, Probe>>;
}

/** The one place where functions read the environment and choose their adapters. */
export async function compose(): Promise<App> {
  const settings = readSettings(process.env);
  const host = findHost();
  const [storage, connections, fanout, relay, bus, rateLimits] = await Promise.all([
    composeStorage(settings, host),
    composeConnections(settings, host),
    composeFanout(settings, host),
    composeRelay(settings, host),
    composeBus(settings, host),
    composeRateLimits(settings),
  ]);
  const clock = { now: Date.now };
  const ports: Ports = {
    ...storage,
    connections,
    fanout,
    ...(relay && { relay }),
    bus,
    contended: contendedPartitions(clock),
    clock,
    randomId: randomUUID,
    ...(settings.METRICS === 'on' && { onPropagated: (ms: number) => timeMetric('Propagation', ms) }),
  };
  const reached = host?.intercept ? interceptPorts(ports, host.intercept) : ports;
  return {
    settings,
    ports: settings.METRICS === 'on' ? measurePorts(reached) : reached,
    limit: rateRules(rateLimits, settings),
    takeWrite: writeBuckets(settings.WRITES_PER_SECOND),
    verify: tokenVerifier(settings),
    pause: (ms) => pause(ms),
  };
}

export async function composeHttp(): Promise<HttpApp> {
  const app = await compose();
  const [tickets, redis] = await Promise.all([
    composeTickets(app.settings, findHost()),
    composeRedis(app.settings),
  ]);
  return { ...app, tickets, probes: backendProbes(app.ports, redis) };
}

/** What the clean-up works with: it forgets tickets, too. */
export async function composeCleanUp(): Promise<Pick<App, 'ports'> & Pick<HttpApp, 'tickets'>> {
  const { ports, settings } = await compose();
  return { ports, tickets: await composeTickets(settings, findHost()) };
}

/** What brings the database to what this code expects. */
export function composeMigration(): () => Promise<{ from: number; to: number }> {
  const { MONGODB_URL: url, MONGODB_DATABASE: dbName } = readSettings(process.env);
  if (!url) throw incomplete('MONGODB_URL: where the memory is kept');
  return async () => {
    const { connectMongo, MIGRATION_SOCKET_MS, migrate } = await import('@mnemon/adapters/mongo');
    const mongo = connectMongo({ url, dbName, socketMs: MIGRATION_SOCKET_MS });
    return migrate(mongo.db).finally(() => mongo.close());
  };
}

/** All that the authorizer works with: it has nothing to do with the memory, and no credentials for it. */
export interface Authorizing {
  verify: VerifyToken;
  /** Whose ticket it is, once. */
  redeem(ticket: string, nowMs: number): Promise<Identity | undefined>;
}

export function composeAuthorizer(): Authorizing {
  const settings = readAuthSettings(process.env);
  let tickets: Promise<Tickets> | undefined;
  return {
    verify: tokenVerifier(settings),
    async redeem(ticket, nowMs) {
      tickets ??= composeTickets(settings, findHost()); // few come with a ticket
      return redeemTicket(await tickets, ticket, nowMs);
    },
  };
}

// Adapters are loaded when they are chosen: an environment does not start slower for those that it never uses.

async function composeStorage(settings: Settings, host: Host | undefined): Promise<StoragePorts> {
  if (!settings.MONGODB_URL) {
    if (host && hasStorage(host.ports)) return host.ports;
    throw incomplete('MONGODB_URL: where the memory is kept');
  }
  const { connectMongo, mongoStorage } = await import('@mnemon/adapters/mongo');
  const { db } = connectMongo({ url: settings.MONGODB_URL, dbName: settings.MONGODB_DATABASE });
  return mongoStorage({
    db,
    onUnreadable: (rowId) => {
      log.error('a waiting batch cannot be read and was set aside', { rowId });
      if (settings.METRICS === 'on') countMetric('BatchesSetAside');
    },
  });
}

const incomplete = (what: string) => new Error(`The environment is not complete. ${what}`);

const hasStorage = (ports: Host['ports']): ports is StoragePorts =>
  STORAGE_PORTS.every((name) => ports[name] !== undefined);

async function composeConnections(settings: Settings, host: Host | undefined): Promise<Ports['connections']> {
  const tableName = settings.CONNECTIONS_TABLE;
  if (!tableName) {
    if (host?.ports.connections) return host.ports.connections;
    throw incomplete('CONNECTIONS_TABLE: where it stands who is connected');
  }
  const { dynamoClient, dynamoConnections } = await import('@mnemon/adapters/dynamo');
  return dynamoConnections({
    client: dynamoClient(dynamoOptions(settings)),
    tableName,
    staleAfterMs: settings.STALE_MS,
  });
}

async function composeTickets(settings: AuthSettings, host: Host | undefined): Promise<Tickets> {
  const tableName = settings.TICKETS_TABLE;
  if (!tableName) {
    if (host?.ports.tickets) return host.ports.tickets;
    throw incomplete('TICKETS_TABLE: where tickets are kept');
  }
  const { dynamoClient, dynamoTickets } = await import('@mnemon/adapters/dynamo');
  return dynamoTickets({ client: dynamoClient(dynamoOptions(settings)), tableName });
}

const dynamoOptions = ({ AWS_REGION: region, DYNAMODB_ENDPOINT: endpoint }: AuthSettings) => ({
  region,
  ...(endpoint && { endpoint }),
});

async function composeRedis(settings: Settings): Promise<RateLimits | undefined> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  if (!url || !token) return undefined;
  const { upstashRateLimits } = await import('@mnemon/adapters/redis');
  return upstashRateLimits({ url, token, prefix: settings.BUS_PREFIX });
}

async function composeRateLimits(settings: Settings): Promise<RateLimits> {
  const redis = await composeRedis(settings);
  if (redis) return redis;
  const { memoryRateLimits } = await import('@mnemon/adapters/memory/rate-limits'); // without the store beside it
  return memoryRateLimits();
}

async function composeFanout(settings: Settings, host: Host | undefined): Promise<Ports['fanout']> {
  const { apiGatewayFanout } = await import('@mnemon/adapters/apigateway');
  const { MANAGEMENT_ENDPOINT: endpoint, AWS_REGION: region, METRICS } = settings;
  const api = endpoint ? { endpoint, region } : host?.ports.management;
  if (!api) throw incomplete('MANAGEMENT_ENDPOINT: where connections are posted to');
  return apiGatewayFanout({ api, ...(METRICS === 'on' && { onStatus: countRefusals }) });
}

function countRefusals(status: number): void {
  if (status === 429) countMetric('PostsThrottled');
  if (status === 410) countMetric('PostsGone');
}

async function composeRelay(settings: Settings, host: Host | undefined): Promise<Relay | undefined> {
  const { FAN_OUT_FUNCTION: functionName, POSTS_EACH: postsEach, AWS_REGION: region } = settings;
  let relay = host?.ports.relay;
  if (functionName && !relay) {
    const { lambdaRelay } = await import('@mnemon/adapters/lambda');
    relay = lambdaRelay({ functionName, region, postsEach });
  }
  if (!relay) return undefined;
  const { hand } = relay;
  return { postsEach, hand: (parcel) => hand({ ...parcel, correlationId: currentCorrelationId() }) };
}

async function composeBus(settings: Settings, host: Host | undefined): Promise<Ports['bus']> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  if (url && token) {
    const { upstashEventBus } = await import('@mnemon/adapters/redis');
    return upstashEventBus({ url, token, prefix: settings.BUS_PREFIX });
  }
  return host?.ports.bus ?? { publish: async () => {}, tell: async () => {}, isDown: async () => false };
}
