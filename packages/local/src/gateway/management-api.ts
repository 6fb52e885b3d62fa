import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayFaults } from './gateway-faults.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import type { OpenConnection } from './open-connections.ts';
import { readText } from './request-body.ts';
import { STAGE } from './websocket-events.ts';

export interface ManagementApiOptions {
  connections: ReadonlyMap<string, OpenConnection>;
  credentials: { accessKeyId: string };
  limits: GatewayLimits;
  faults: GatewayFaults;
}

type Answer = { status: 200 | 204; body?: object } | { status: number; errorType: string; message: string };

const CONNECTIONS = new RegExp(`^/${STAGE}/(?:@|%40)connections/([^/?]*)$`);
const CONNECTION_ID = /^[A-Za-z0-9_-]{8,64}={1,2}$/;

const refusal = (status: number, errorType: string, message: string): Answer => ({
  status,
  errorType,
  message,
});
const gone = () => refusal(410, 'GoneException', 'Gone');
const tooMany = () => refusal(429, 'LimitExceededException', 'Too many requests');

/** Whether a request is for this API: all others on the port are for another. */
export const isManagementPath = (url: string | undefined): boolean =>
  CONNECTIONS.test((url ?? '').split('?')[0] ?? '');

/** The `@connections` API, spoken such that the real SDK client understands every answer. */
export function managementApi(options: ManagementApiOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(request, options);
    request.resume(); // what was not read of the body must not block the keep-alive connection
    send(response, answer);
  };
}

async function answerTo(request: IncomingMessage, options: ManagementApiOptions): Promise<Answer> {
  const encodedId = CONNECTIONS.exec((request.url ?? '').split('?')[0] ?? '')?.[1];
  if (encodedId === undefined) return refusal(403, 'ForbiddenException', 'Forbidden');
  const refused = checkCredentials(request, options.credentials.accessKeyId);
  if (refused) return refused;
  const connectionId = decoded(encodedId);
  if (!connectionId || !CONNECTION_ID.test(connectionId)) {
    return refusal(400, 'BadRequestException', `Invalid connectionId: ${connectionId ?? encodedId}`);
  }
  if (request.method === 'POST') {
    return post(await readText(request, options.limits.messageBytes), connectionId, options);
  }
  const connection = options.connections.get(connectionId);
  if (!connection?.isOpen()) return gone();
  if (request.method === 'GET') return { status: 200, body: describe(connection) };
  if (request.method !== 'DELETE') return refusal(403, 'MissingAuthenticationTokenException', 'Forbidden');
  return end(connection);
}

/** The same for functions of this process, which need not sign anything; answers the status. */
export const managementPort = (options: Omit<ManagementApiOptions, 'credentials'>) => ({
  async post(connectionId: string, frame: Uint8Array): Promise<number> {
    const isTooLarge = frame.byteLength > options.limits.messageBytes;
    return (await post(isTooLarge ? undefined : decoder.decode(frame), connectionId, options)).status;
  },
  async close(connectionId: string): Promise<number> {
    return end(options.connections.get(connectionId)).status;
  },
});

const decoder = new TextDecoder();

function end(connection: OpenConnection | undefined): Answer {
  if (!connection?.isOpen()) return gone();
  connection.end(1000, 'Connection Closed Normally');
  return { status: 204 };
}

async function post(
  body: string | undefined,
  connectionId: string,
  { connections, faults }: Omit<ManagementApiOptions, 'credentials'>,
): Promise<Answer> {
  if (body === undefined) return refusal(413, 'PayloadTooLargeException', 'Payload is too large');
  const fate = (await faults.onPost?.(connectionId, body)) ?? 'deliver';
  if (fate === 'gone') return gone();
  if (fate === 'limit') return tooMany();
  const connection = connections.get(connectionId);
  if (!connection?.isOpen()) return gone();
  if (fate === 'deliver' && connection.send(body) === 'slow') return tooMany();
  return { status: 200 };
}

/** The signature itself is not verified: who may post is decided by the key id alone on one machine. */
function checkCredentials(request: IncomingMessage, accessKeyId: string): Answer | undefined {
  const { authorization } = request.headers;
  if (!authorization) {
    return refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const signedWith = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(authorization)?.[1];
  return signedWith === accessKeyId ? undefined : refusal(403, 'ForbiddenException', 'Forbidden');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function describe(connection: OpenConnection) {
  const { connectedAt, identity } = connection.facts;
  return {
    connectedAt: new Date(connectedAt).toISOString(),
    identity: { sourceIp: identity.sourceIp, userAgent: identity.userAgent ?? '' },
    lastActiveAt: new Date(connection.lastActiveAt()).toISOString(),
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if ('errorType' in answer) {
    const { status, errorType, message } = answer;
    response.writeHead(status, { 'x-amzn-ErrorType': errorType, 'content-type': 'application/json' });
    response.end(JSON.stringify({ message }));
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(answer.body && JSON.stringify(answer.body));
}
