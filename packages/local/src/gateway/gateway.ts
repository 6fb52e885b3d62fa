import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { withinTime } from '../time-limit.ts';
import type { Authorize } from './authorization.ts';
import { disconnectRoute } from './disconnect-route.ts';
import { functionUrl, type InvokeStreaming } from './function-url.ts';
import type { GatewayFaults } from './gateway-faults.ts';
import { AWS_LIMITS, type GatewayLimits, perSecond } from './gateway-limits.ts';
import { type HandshakeOptions, refuseUpgrade, shakeHands } from './handshake.ts';
import { httpRoute, type InvokeHttp } from './http-route.ts';
import { isManagementPath, managementApi, managementPort } from './management-api.ts';
import { messageRoute } from './message-route.ts';
import { type ConnectionListener, type OpenConnection, openConnection } from './open-connections.ts';
import { webSocketUpgrades } from './upgrades.ts';
import { STAGE, type WebsocketEvent } from './websocket-events.ts';

export type { GatewayFaults } from './gateway-faults.ts';
export type { GatewayLimits } from './gateway-limits.ts';
export type { WebsocketEvent } from './websocket-events.ts';

export interface GatewayOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** The address to listen on; the loopback's by default. */
  host?: string;
  /** The REQUEST authorizer of `$connect`: resolves to an IAM policy answer. Without it everybody may connect. */
  authorize?: Authorize;
  identitySources?: readonly string[];
  /** The integration of all three routes. */
  invoke: (event: WebsocketEvent) => Promise<unknown>;
  /** The integration of an HTTP API on the same port. Without it there is none. */
  invokeHttp?: InvokeHttp;
  /** A function URL, acted out on the same port under these paths. */
  stream?: { paths: readonly string[]; invoke: InvokeStreaming };
  /** Who may call `@connections`. */
  credentials: { accessKeyId: string };
  limits?: Partial<GatewayLimits>;
  faults?: GatewayFaults;
}

export interface Gateway {
  port: number;
  /** `ws://…`, where clients connect; without a path does as well, any other is refused. */
  url: string;
  /** `http://…`, where the HTTP API is. */
  httpUrl: string;
  /** The endpoint for `@aws-sdk/client-apigatewaymanagementapi`. */
  managementEndpoint: string;
  /** The same API for functions of this process. */
  management: ReturnType<typeof managementPort>;
  /** The object given as `faults`, or a new one: change it at any time. */
  faults: GatewayFaults;
  connectionCount(): number;
  connectionIds(): string[];
  /** Drops a connection's TCP socket without a close frame; false if there is no such connection. */
  cut(connectionId: string): boolean;
  /** Closes all connections with 1001 and lets their `$disconnect` run for a moment. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 1000;

/**
 * API Gateway acted out on one loopback port: a WebSocket API with upgrades on its stage's path, its `@connections`, and an
 * HTTP API for all other requests.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { invoke, authorize, credentials, identitySources = [], faults = {} } = options;
  const limits = { ...AWS_LIMITS, ...options.limits };
  const { integrationTimeoutMs } = limits;
  const connections = new Map<string, OpenConnection>();
  const closing = new AbortController();
  const integration = { invoke, faults, integrationTimeoutMs, closing: closing.signal };
  const disconnects = disconnectRoute(integration);
  const listener: ConnectionListener = {
    onText: messageRoute(integration),
    onClosed(facts, code, reason) {
      connections.delete(facts.connectionId);
      disconnects.run(facts, code, reason);
    },
  };
  const answer = requestRouter(options, limits, managementApi({ connections, credentials, limits, faults }));
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const admit = perSecond(limits.connectsPerSecond);
  const handshake = { port, authorize, identitySources, invoke, integrationTimeoutMs, admit };
  const upgrades = acceptUpgrades(server, { handshake, limits, listener, connections });

  return {
    port,
    url: `ws://127.0.0.1:${port}/${STAGE}`,
    httpUrl: `http://127.0.0.1:${port}`,
    managementEndpoint: `http://127.0.0.1:${port}/${STAGE}`,
    management: managementPort({ connections, limits, faults }),
    faults,
    connectionCount: () => connections.size,
    connectionIds: () => [...connections.keys()],
    cut(connectionId) {
      const connection = connections.get(connectionId);
      connection?.cut();
      return connection !== undefined;
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections.values()) connection.end(1001, 'Going away');
      await upgrades.close(CLOSE_GRACE_MS);
      server.closeAllConnections();
      await closed;
      await withinTime(CLOSE_GRACE_MS, disconnects.settled()).catch(() => {});
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Which of the APIs on the port a request is for. */
function requestRouter(
  { invokeHttp, stream }: GatewayOptions,
  limits: GatewayLimits,
  manage: Answer,
): Answer {
  const { httpBodyBytes: bodyBytes, httpIntegrationTimeoutMs: integrationTimeoutMs } = limits;
  const answerHttp = invokeHttp && httpRoute({ invoke: invokeHttp, bodyBytes, integrationTimeoutMs });
  const answerStream = stream && functionUrl(stream.invoke);
  return (request, response) => {
    const path = request.url?.split('?')[0];
    if (answerStream && stream.paths.includes(path ?? '')) return answerStream(request, response);
    return answerHttp && !isManagementPath(path) ? answerHttp(request, response) : manage(request, response);
  };
}

interface UpgradeOptions {
  handshake: HandshakeOptions;
  limits: GatewayLimits;
  listener: ConnectionListener;
  connections: Map<string, OpenConnection>;
}

function acceptUpgrades(server: Server, options: UpgradeOptions) {
  const { handshake, limits, listener, connections } = options;
  const upgrades = webSocketUpgrades(limits);
  const undecided = new Set<Duplex>();

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const outcome = await shakeHands(request, handshake);
    if (!outcome.accepted) return refuseUpgrade(socket, outcome.status, outcome.connectionId);
    const { facts, protocol } = outcome;
    const webSocket = upgrades.complete({ request, socket, head, protocol });
    // The client gave up during $connect, which has succeeded: to the integration it was connected.
    if (!webSocket) return listener.onClosed(facts, 1006, '');
    connections.set(facts.connectionId, openConnection(webSocket, socket, facts, limits, listener));
  }

  server.on('upgrade', (request, socket, head) => {
    undecided.add(socket);
    socket.on('error', () => socket.destroy());
    accept(request, socket, head)
      .catch(() => socket.destroy())
      .finally(() => undecided.delete(socket));
  });
  return {
    async close(graceMs: number): Promise<void> {
      for (const socket of undecided) socket.destroy();
      await upgrades.close(graceMs);
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  // A frozen environment can't see that an idle connection was closed, so idle ones are kept as long as AWS does.
  server.keepAliveTimeout = 350_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
