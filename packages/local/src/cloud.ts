import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Ports } from '@mnemon/core';
import { type Claims, issueToken } from '@mnemon/functions/token';
import { type Backend, type BackendUrls, openBackends } from './backends.ts';
import { devSecret } from './dev-secret.ts';
import { type Gateway, type GatewayFaults, type GatewayLimits, startGateway } from './gateway/gateway.ts';
import { type HostFaults, type LambdaHost, startLambdaHost } from './lambda/lambda-host.ts';
import { startScheduler } from './scheduler.ts';
import { siblingModule } from './thread.ts';

export interface CloudOptions {
  /** 0 takes a free one. */
  port: number;
  /** Left out: nothing outlives the process. */
  dataDir?: string;
  backends?: BackendUrls;
  /** Names what this cloud keeps on external engines. */
  name?: string;
  heartbeatMs?: number;
  staleMs?: number;
  /** Further settings of the functions, as their environment takes them. */
  settings?: Readonly<Record<string, string>>;
  /** How often entries whose lifetime is over become `expired` events. */
  expiryMs?: number;
  /** How often spaces get snapshots and lose what is older than they keep. */
  upkeepMs?: number;
  /** Of the WebSocket function. */
  maxConcurrency?: number;
  timeoutMs?: number;
  limits?: Partial<GatewayLimits>;
  gatewayFaults?: GatewayFaults;
  hostFaults?: HostFaults;
  log?: (line: string) => void;
}

/** API Gateway, Lambda and their backends on one machine. */
export interface Cloud {
  /** Where clients connect. */
  url: string;
  /** Where the HTTP API is. */
  httpUrl: string;
  backends: readonly Backend[];
  gateway: Gateway;
  /** A token of this cloud. Missing claims: everything in space `dev`, any instance, for a day. */
  issueToken(claims?: Partial<Claims>): Promise<string>;
  /** For tests and tools: what tells the functions where the backends are, and those that are in this process. */
  inside: { env: Readonly<Record<string, string>>; ports: Partial<Ports> };
  close(): Promise<void>;
}

const DAY_S = 24 * 60 * 60;
const EXPIRY_MS = 60_000;
const UPKEEP_MS = 60 * 60_000;

/** Starts everything; rejects, with nothing left running, when a part cannot start. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const log = options.log ?? (() => {});
  const secret = await devSecret(options.dataDir);
  // Stable, as the tables of DynamoDB Local belong to a key; and as hard to guess as the secret.
  const credentials = {
    accessKeyId: `local${createHash('sha256').update(secret).digest('hex').slice(0, 15)}`,
  };
  const { name = 'mnemon', dataDir, backends: urls = {} } = options;
  const backends = await openBackends({ urls, dataDir, name, log, accessKeyId: credentials.accessKeyId });
  const host = startLambdaHost({
    ports: backends.ports,
    log,
    ...(options.hostFaults && { faults: options.hostFaults }),
  });
  const closers = [() => host.close(), () => backends.close()];
  const close = async () => {
    for (const each of closers) await each();
  };
  try {
    // Functions are told the gateway's endpoint, and the gateway needs the functions: whoever comes first waits.
    const functions = deferred<Functions>();
    const gateway = await startGateway({
      port: options.port,
      credentials,
      authorize: async (event) => (await functions.promise).authorizer.invoke(event),
      invoke: async (event) => (await functions.promise).message.invoke(event),
      invokeHttp: async (event) => (await functions.promise).http.invoke(event),
      stream: {
        path: '/events/stream',
        invoke: async (event, onChunk) => (await functions.promise).stream.invokeStreaming(event, onChunk),
      },
      ...(options.limits && { limits: options.limits }),
      ...(options.gatewayFaults && { faults: options.gatewayFaults }),
    });
    closers.unshift(() => gateway.close());
    const env = {
      ...backends.env,
      AUTH_SECRETS: secret,
      HTTP_CORS_ORIGINS: '*', // whatever page somebody develops here; it still needs a token
      MANAGEMENT_ENDPOINT: gateway.managementEndpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      ...(options.heartbeatMs && { HEARTBEAT_MS: String(options.heartbeatMs) }),
      ...(options.staleMs && { STALE_MS: String(options.staleMs) }),
      ...options.settings,
    };
    const added = await addFunctions(host, env, options);
    functions.resolve(added);
    const { expiryMs = EXPIRY_MS, upkeepMs = UPKEEP_MS } = options;
    const scheduler = startScheduler([
      { everyMs: expiryMs, run: () => added.expireEntries.invoke({}) },
      { everyMs: upkeepMs, run: () => added.snapshotAndCompact.invoke({}) },
    ]);
    closers.unshift(() => scheduler.close());
    return {
      url: gateway.url,
      httpUrl: gateway.httpUrl,
      backends: backends.list,
      gateway,
      issueToken: (claims) => issueToken({ ...devClaims(), ...claims }, secret),
      inside: { env: backends.env, ports: backends.ports },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Functions = Awaited<ReturnType<typeof addFunctions>>;

async function addFunctions(host: LambdaHost, env: Record<string, string>, options: CloudOptions) {
  const common = { env, minEnvironments: 1 };
  const { maxConcurrency = 8, timeoutMs = 29_000 } = options;
  const [authorizer, message, http, stream, expireEntries, snapshotAndCompact] = await Promise.all([
    host.addFunction({
      ...common,
      name: 'authorizer',
      entry: entryOf('authorizer'),
      maxConcurrency: 2,
      timeoutMs: 5_000,
    }),
    host.addFunction({ ...common, name: 'message', entry: entryOf('message'), maxConcurrency, timeoutMs }),
    // Started when first asked: who only connects does not wait for it.
    host.addFunction({
      ...{ env, name: 'http', entry: entryOf('http'), timeoutMs },
      maxConcurrency: HTTP_CONCURRENCY,
    }),
    host.addFunction({
      ...{ env, name: 'stream', entry: entryOf('stream'), timeoutMs: STREAM_TIMEOUT_MS },
      maxConcurrency: HTTP_CONCURRENCY,
    }),
    host.addFunction({
      ...{ env, name: 'expire-entries', entry: entryOf('expire-entries'), timeoutMs },
      maxConcurrency: 1,
    }),
    host.addFunction({
      ...{ env, name: 'snapshot-and-compact', entry: entryOf('snapshot-and-compact') },
      ...{ timeoutMs: UPKEEP_TIMEOUT_MS, maxConcurrency: 1 },
    }),
  ]);
  return { authorizer, message, http, stream, expireEntries, snapshotAndCompact };
}

/** Requests that wait for news occupy an environment each. */
const HTTP_CONCURRENCY = 8;

const STREAM_TIMEOUT_MS = 15 * 60_000;
const UPKEEP_TIMEOUT_MS = 15 * 60_000;

const MODULES = {
  authorizer: 'ws/authorizer',
  message: 'ws/message',
  http: 'http/handler',
  stream: 'http/stream',
  'expire-entries': 'schedules/expire-entries',
  'snapshot-and-compact': 'schedules/snapshot-and-compact',
};

/** Handlers are bundled beside this module, as a deployment bundles them; from source they are their packages'. */
function entryOf(name: keyof typeof MODULES): URL {
  if (!import.meta.url.endsWith('.ts')) return siblingModule(name, import.meta.url);
  return pathToFileURL(createRequire(import.meta.url).resolve(`@mnemon/functions/${MODULES[name]}`));
}

const devClaims = (): Claims => ({
  sub: 'developer',
  space: 'dev' as Claims['space'],
  instance: '*',
  grants: [{ pattern: '**', access: 'admin' }],
  exp: Math.floor(Date.now() / 1000) + DAY_S,
});

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
