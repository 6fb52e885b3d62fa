import { type Ports, type RateLimits, type Relay, STORAGE_PORTS, type StoragePorts } from '@mnemon/core';
import { dynamoOptions } from './choose-tickets.ts';
import { type Host, NotHosted } from './host.ts';
import { countMetric, currentCorrelationId, log } from './observe.ts';
import type { Settings } from './settings.ts';
import { traceHeader } from './tracing/send-trace.ts';

// Adapters are loaded when they are chosen: an environment does not start slower for those that it never uses.

export async function chooseStorage(settings: Settings, host: Host | undefined): Promise<StoragePorts> {
  if (!settings.MONGODB_URL) {
    if (host && hasStorage(host.ports)) return host.ports;
    throw new NotHosted('storage');
  }
  const { connectMongo, mongoStorage } = await import('@mnemon/adapters/mongo');
  const { db } = connectMongo({ url: settings.MONGODB_URL, dbName: settings.MONGODB_DATABASE });
  return mongoStorage({
    db,
    onUnreadable: (row) => {
      log.error('a row cannot be read and was set aside', { ...row });
      if (settings.METRICS === 'on') countMetric('RowsSetAside');
    },
  });
}

const hasStorage = (ports: Host['ports']): ports is StoragePorts =>
  STORAGE_PORTS.every((name) => ports[name] !== undefined);

export async function chooseConnections(
  settings: Settings,
  host: Host | undefined,
): Promise<Ports['connections']> {
  const tableName = settings.CONNECTIONS_TABLE;
  if (!tableName) {
    if (host?.ports.connections) return host.ports.connections;
    throw new NotHosted('connections');
  }
  const { dynamoClient, dynamoConnections } = await import('@mnemon/adapters/dynamo');
  return dynamoConnections({
    client: dynamoClient(dynamoOptions(settings)),
    tableName,
    staleAfterMs: settings.STALE_MS,
  });
}

export async function chooseRedis(settings: Settings): Promise<RateLimits | undefined> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  if (!url || !token) return undefined;
  const { upstashRateLimits } = await import('@mnemon/adapters/redis');
  return upstashRateLimits({ url, token, prefix: settings.BUS_PREFIX });
}

export async function chooseRateLimits(settings: Settings, host: Host | undefined): Promise<RateLimits> {
  const limits = (await chooseRedis(settings)) ?? host?.ports.rateLimits;
  if (!limits) throw new NotHosted('rateLimits');
  return limits;
}

export async function chooseFanout(settings: Settings, host: Host | undefined): Promise<Ports['fanout']> {
  const { apiGatewayFanout } = await import('@mnemon/adapters/apigateway');
  const { MANAGEMENT_ENDPOINT: endpoint, AWS_REGION: region, METRICS } = settings;
  const api = endpoint ? { endpoint, region } : host?.ports.management;
  if (!api) throw new NotHosted('management');
  return apiGatewayFanout({ api, ...(METRICS === 'on' && { onStatus: countRefusals }) });
}

function countRefusals(status: number): void {
  if (status === 429) countMetric('PostsThrottled');
  if (status === 410) countMetric('PostsGone');
}

export async function chooseRelay(settings: Settings, host: Host | undefined): Promise<Relay | undefined> {
  const { FAN_OUT_FUNCTION: functionName, POSTS_EACH: postsEach, AWS_REGION: region } = settings;
  let relay = host?.ports.relay;
  if (functionName && !relay) {
    const { lambdaRelay } = await import('@mnemon/adapters/lambda');
    relay = lambdaRelay({ functionName, region, postsEach, traceHeader });
  }
  if (!relay) return undefined;
  const { hand } = relay;
  return { postsEach, hand: (parcel) => hand({ ...parcel, correlationId: currentCorrelationId() }) };
}

export async function chooseBus(settings: Settings, host: Host | undefined): Promise<Ports['bus']> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  if (url && token) {
    const { upstashEventBus } = await import('@mnemon/adapters/redis');
    return upstashEventBus({ url, token, prefix: settings.BUS_PREFIX });
  }
  return host?.ports.bus ?? { publish: async () => {}, tell: async () => {}, isDown: async () => false };
}
