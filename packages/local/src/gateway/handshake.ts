import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TimeLimitError, withinTime } from '../time-limit.ts';
import { type Authorize, authorization } from './authorization.ts';
import {
  authorizerEvent,
  awsLikeId,
  type ConnectDetails,
  type ConnectionFacts,
  connectDetails,
  connectEvent,
  STAGE,
  type WebsocketEvent,
} from './websocket-events.ts';

export interface HandshakeOptions {
  port: number;
  authorize: Authorize | undefined;
  /** `route.request.header.X` or `route.request.querystring.x`: without any of them the authorizer is not asked. */
  identitySources: readonly string[];
  invoke: (event: WebsocketEvent) => Promise<unknown>;
  integrationTimeoutMs: number;
  admit: () => boolean;
}

export type Handshake =
  | { accepted: true; facts: ConnectionFacts; protocol: string | undefined }
  | { accepted: false; connectionId: string; status: number };

/** The stage, or nothing: as where a domain of its own is mapped to the stage. */
const ADDRESS = new RegExp(`^/(${STAGE}/?)?(\\?|$)`);

/** Everything that happens between the upgrade request and its answer. */
export async function shakeHands(request: IncomingMessage, options: HandshakeOptions): Promise<Handshake> {
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const facts: ConnectionFacts = {
    connectionId: awsLikeId(),
    connectedAt: Date.now(),
    domainName: `127.0.0.1:${options.port}`,
    identity: { sourceIp, userAgent: request.headers['user-agent'] },
  };
  const refuse = (status: number): Handshake => ({
    accepted: false,
    connectionId: facts.connectionId,
    status,
  });

  // 1. Is it a WebSocket handshake at all, for this stage, and are there not too many of them?
  if (!isWebSocketHandshake(request)) return refuse(400);
  if (!ADDRESS.test(request.url ?? '')) return refuse(403);
  if (!options.admit()) return refuse(429);

  // 2. May they? This is the only time that the authorizer is asked.
  const details = connectDetails(request, sourceIp, options.port);
  if (options.authorize) {
    if (!options.identitySources.every((source) => carries(details, source))) return refuse(401);
    const authorize: Authorize = (event) =>
      withinTime(options.integrationTimeoutMs, (options.authorize as Authorize)(event));
    const authorized = await authorization(authorize, authorizerEvent(facts, details));
    if (!authorized.allowed) return refuse(authorized.status);
    facts.authorizer = authorized.context;
  }

  // 3. The $connect route. The connection doesn't exist yet: a post to it from in there finds nothing.
  const answer = await askConnectRoute(connectEvent(facts, details), options);
  if (answer.status < 200 || answer.status > 299) return refuse(answer.status);
  return { accepted: true, facts, protocol: answer.protocol };
}

async function askConnectRoute(event: WebsocketEvent, options: HandshakeOptions) {
  try {
    const result = await withinTime(options.integrationTimeoutMs, options.invoke(event));
    const { statusCode, headers } = Object(result) as {
      statusCode?: unknown;
      headers?: Record<string, unknown>;
    };
    if (typeof statusCode !== 'number') return { status: 502 };
    const protocol = Object.entries(headers ?? {}).find(([name]) =>
      /^sec-websocket-protocol$/i.test(name),
    )?.[1];
    return { status: statusCode, protocol: protocol === undefined ? undefined : String(protocol) };
  } catch (error) {
    return { status: error instanceof TimeLimitError ? 504 : 502 };
  }
}

function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  const key = headers['sec-websocket-key'] ?? '';
  const websocket = headers.upgrade?.toLowerCase() === 'websocket';
  return (
    method === 'GET' && websocket && headers['sec-websocket-version'] === '13' && /^[+/\w]{22}==$/.test(key)
  );
}

function carries({ headers, queryStringParameters = {} }: ConnectDetails, source: string): boolean {
  const [, place, name = ''] = /^route\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'querystring') return Boolean(queryStringParameters[name]);
  if (place !== 'header') throw new Error(`Not an identity source: ${source}`);
  return Object.entries(headers).some(
    ([header, value]) => header.toLowerCase() === name.toLowerCase() && value,
  );
}

/** Answers the upgrade request with a plain HTTP error, and that is the end of the connection. */
export function refuseUpgrade(socket: Duplex, status: number, connectionId: string): void {
  const reason = STATUS_CODES[status] ?? 'Refused';
  const body = JSON.stringify({ message: reason, connectionId, requestId: awsLikeId() });
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
