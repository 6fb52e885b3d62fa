import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Pause, type Ports, STORAGE_PORTS, type StoragePorts } from '@mnemon/core';
import { findHost, type Host, interceptPorts } from './host.ts';
import { backendProbes, type Probe } from './http/probes.ts';
import { type AuthSettings, readAuthSettings, readSettings, type Settings } from './settings.ts';
import { type Verified, verifyToken } from './token.ts';

/** What a handler works with; made once per environment. */
export interface App {
  ports: Ports;
  settings: Settings;
}

type VerifyToken = (token: string, nowMs: number) => Promise<Verified>;

/** What the HTTP function works with beside that. */
export interface HttpApp extends App {
  verify: VerifyToken;
  pause: Pause;
  probes: Readonly<Record<string, Probe>>;
}

/** The one place where functions read the environment and choose their adapters. */
export async function compose(): Promise<App> {
  const settings = readSettings(process.env);
  const host = findHost();
  const [storage, connections, fanout, bus] = await Promise.all([
    composeStorage(settings, host),
    composeConnections(settings),
    composeFanout(settings),
    composeBus(settings, host),
  ]);
  const ports: Ports = {
    ...storage,
    connections,
    fanout,
    bus,
    clock: { now: Date.now },
    randomId: randomUUID,
  };
  return { settings, ports: host?.intercept ? interceptPorts(ports, host.intercept) : ports };
}

export async function composeHttp(): Promise<HttpApp> {
  const app = await compose();
  return {
    ...app,
    verify: verifierOf(app.settings),
    pause: (ms) => pause(ms),
    probes: backendProbes(app.ports),
  };
}

/** All that the authorizer works with: it has nothing to do with the memory, and no credentials for it. */
export const composeAuthorizer = (): { verify: VerifyToken } => ({
  verify: verifierOf(readAuthSettings(process.env)),
});

const verifierOf =
  ({ AUTH_SECRETS }: AuthSettings): VerifyToken =>
  (token, nowMs) =>
    verifyToken(token, AUTH_SECRETS, nowMs);

// Adapters are loaded when they are chosen: an environment does not start slower for those that it never uses.

async function composeStorage(settings: Settings, host: Host | undefined): Promise<StoragePorts> {
  if (!settings.MONGODB_URL) {
    if (host && hasStorage(host.ports)) return host.ports;
    throw new Error('The environment is not complete. MONGODB_URL: where the memory is kept');
  }
  const { connectMongo, mongoStorage } = await import('@mnemon/adapters/mongo');
  return mongoStorage(connectMongo({ url: settings.MONGODB_URL, dbName: settings.MONGODB_DATABASE }));
}

const hasStorage = (ports: Partial<Ports>): ports is StoragePorts =>
  STORAGE_PORTS.every((name) => ports[name] !== undefined);

async function composeConnections(settings: Settings): Promise<Ports['connections']> {
  const { dynamoClient, dynamoConnections } = await import('@mnemon/adapters/dynamo');
  const endpoint = settings.DYNAMODB_ENDPOINT;
  const client = dynamoClient({ region: settings.AWS_REGION, ...(endpoint && { endpoint }) });
  return dynamoConnections({
    client,
    tableName: settings.CONNECTIONS_TABLE,
    staleAfterMs: settings.STALE_MS,
  });
}

async function composeFanout(settings: Settings): Promise<Ports['fanout']> {
  const { apiGatewayFanout } = await import('@mnemon/adapters/apigateway');
  return apiGatewayFanout({ endpoint: settings.MANAGEMENT_ENDPOINT, region: settings.AWS_REGION });
}

async function composeBus(settings: Settings, host: Host | undefined): Promise<Ports['bus']> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  if (url && token) {
    const { upstashEventBus } = await import('@mnemon/adapters/redis');
    return upstashEventBus({ url, token, prefix: settings.BUS_PREFIX });
  }
  return host?.ports.bus ?? { publish: async () => {}, isDown: async () => false };
}
