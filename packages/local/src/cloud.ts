import { createHash } from 'node:crypto';
import type { Parcel } from '@mnemon/core';
import { type Claims, issueToken } from '@mnemon/functions/token';
import { type Backend, type Backends, type BackendUrls, openBackends } from './backends.ts';
import { addFunctions, type Functions } from './cloud-functions.ts';
import { addSchedules, type ScheduleName } from './cloud-schedules.ts';
import { devSecret } from './dev-secret.ts';
import { type Gateway, type GatewayFaults, type GatewayLimits, startGateway } from './gateway/gateway.ts';
import { type HostFaults, startLambdaHost } from './lambda/lambda-host.ts';
import { startScheduler } from './scheduler.ts';

export interface CloudOptions {
  /** 0 takes a free one. */
  port: number;
  /** The address to listen on; the loopback's by default. Any other includes it: `0.0.0.0`. */
  host?: string;
  /** Left out: nothing outlives the process. */
  dataDir?: string;
  backends?: BackendUrls;
  /** Names what this cloud keeps on external engines. */
  name?: string;
  heartbeatMs?: number;
  staleMs?: number;
  /** Further settings of the functions, as their environment takes them. */
  settings?: Readonly<Record<string, string>>;
  /** How often schedules run that are to run more often than in a deployment. */
  everyMs?: Partial<Record<ScheduleName, number>>;
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
  inside: Pick<Backends, 'env' | 'ports'>;
  close(): Promise<void>;
}

const DAY_S = 24 * 60 * 60;
const STALE_MS = 80_000;

/** Starts everything; rejects, with nothing left running, when a part cannot start. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const log = options.log ?? (() => {});
  const secret = await devSecret(options.dataDir);
  // Stable, as the tables of DynamoDB Local belong to a key; and as hard to guess as the secret.
  const credentials = {
    accessKeyId: `local${createHash('sha256').update(secret).digest('hex').slice(0, 15)}`,
  };
  const { name = 'mnemon', dataDir, backends: urls = {}, staleMs = STALE_MS } = options;
  const { accessKeyId } = credentials;
  const backends = await openBackends({ urls, dataDir, name, accessKeyId, staleMs });
  // Functions are told the gateway's endpoint, and gateway and relay need the functions: whoever comes first waits.
  const functions = deferred<Functions>();
  const relay = { hand: async (parcel: Parcel) => (await functions.promise).fanOut.invokeAsync(parcel) };
  const gatewayUp = deferred<Gateway>();
  const management: Gateway['management'] = {
    post: async (...frame) => (await gatewayUp.promise).management.post(...frame),
    close: async (...connection) => (await gatewayUp.promise).management.close(...connection),
  };
  const host = startLambdaHost({
    ports: { ...backends.ports, relay, management },
    log,
    ...(options.hostFaults && { faults: options.hostFaults }),
  });
  const closers = [() => host.close(), () => backends.close()];
  const close = async () => {
    for (const each of closers) await each();
  };
  try {
    const gateway = await startGateway({
      port: options.port,
      ...(options.host && { host: options.host }),
      credentials,
      authorize: async (event) => (await functions.promise).authorizer.invoke(event),
      invoke: async (event) => (await functions.promise).message.invoke(event),
      invokeHttp: async (event) => (await functions.promise).http.invoke(event),
      stream: {
        paths: ['/events/stream', '/export', '/import', '/import/part', '/import/parts'],
        invoke: async (event, onChunk) => (await functions.promise).stream.invokeStreaming(event, onChunk),
      },
      ...(options.limits && { limits: options.limits }),
      ...(options.gatewayFaults && { faults: options.gatewayFaults }),
    });
    gatewayUp.resolve(gateway);
    closers.unshift(() => gateway.close());
    const env = {
      ...backends.env,
      AUTH_SECRETS: secret,
      HTTP_CORS_ORIGINS: '*', // whatever page somebody develops here; it still needs a token
      // Where connections are in this process, posts to them needn't leave it.
      ...(urls.dynamodbEndpoint && { MANAGEMENT_ENDPOINT: gateway.managementEndpoint }),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      ...(options.heartbeatMs && { HEARTBEAT_MS: String(options.heartbeatMs) }),
      STALE_MS: String(staleMs),
      ...options.settings,
    };
    const added = await addFunctions(host, env, options);
    functions.resolve(added);
    const scheduler = startScheduler(await addSchedules(host, env, options.everyMs));
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
