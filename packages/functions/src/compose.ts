import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { contendedPartitions, type Pause, type Ports, type Tickets } from '@mnemon/core';
import {
  chooseBus,
  chooseConnections,
  chooseFanout,
  chooseRateLimits,
  chooseRedis,
  chooseRelay,
  chooseStorage,
} from './choose-adapters.ts';
import { chooseTickets } from './choose-tickets.ts';
import { findHost, interceptPorts, NotHosted } from './host.ts';
import { measurePorts } from './measure-ports.ts';
import { timeMetric } from './observe.ts';
import { backendProbes, type Probe } from './probes.ts';
import { type Limit, rateRules } from './rate-rules.ts';
import { readSettings, type Settings } from './settings.ts';
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

/** The one place where functions read the environment; the authorizer, which needs little of it, has its own. */
export async function compose(): Promise<App> {
  const host = findHost();
  const settings = readSettings(process.env, host !== undefined);
  const [storage, connections, fanout, relay, bus, rateLimits] = await Promise.all([
    chooseStorage(settings, host),
    chooseConnections(settings, host),
    chooseFanout(settings, host),
    chooseRelay(settings, host),
    chooseBus(settings, host),
    chooseRateLimits(settings, host),
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
    chooseTickets(app.settings, findHost()),
    chooseRedis(app.settings),
  ]);
  return { ...app, tickets, probes: backendProbes(app.ports, redis) };
}

/** What the clean-up works with: it forgets tickets, too. */
export async function composeCleanUp(): Promise<Pick<App, 'ports'> & Pick<HttpApp, 'tickets'>> {
  const { ports, settings } = await compose();
  return { ports, tickets: await chooseTickets(settings, findHost()) };
}

/** What brings the database to what this code expects. */
export function composeMigration(): () => Promise<{ from: number; to: number }> {
  const { MONGODB_URL: url, MONGODB_DATABASE: dbName } = readSettings(process.env);
  return async () => {
    if (!url) throw new NotHosted('storage');
    const { connectMongo, MIGRATION_SOCKET_MS, migrate } = await import('@mnemon/adapters/mongo');
    const mongo = connectMongo({ url, dbName, socketMs: MIGRATION_SOCKET_MS });
    return migrate(mongo.db).finally(() => mongo.close());
  };
}
