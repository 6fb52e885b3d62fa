import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const STAGE = 'local';
export const API_ID = 'local';

export interface ConnectionIdentity {
  sourceIp: string;
  userAgent: string | undefined;
}

/** What the gateway knows of a connection, and repeats in each of its events. */
export interface ConnectionFacts {
  connectionId: string;
  connectedAt: number;
  domainName: string;
  identity: ConnectionIdentity;
  /** The authorizer's context, absent before it answered or when there is none. */
  authorizer?: Record<string, string | number>;
}

export interface RequestContext {
  routeKey: '$connect' | '$default' | '$disconnect';
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
  connectionId: string;
  connectedAt: number;
  requestId: string;
  extendedRequestId: string;
  requestTime: string;
  requestTimeEpoch: number;
  messageDirection: 'IN';
  stage: string;
  domainName: string;
  apiId: string;
  identity: ConnectionIdentity;
  authorizer?: Record<string, string | number>;
  /** MESSAGE only. */
  messageId?: string;
  /** DISCONNECT only. */
  disconnectStatusCode?: number;
  disconnectReason?: string;
}

export interface ConnectDetails {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
}

export interface WebsocketEvent extends Partial<ConnectDetails> {
  requestContext: RequestContext;
  body?: string;
  isBase64Encoded: boolean;
}

export interface AuthorizerEvent extends Required<ConnectDetails> {
  type: 'REQUEST';
  methodArn: string;
  stageVariables: Record<string, string>;
  requestContext: RequestContext;
}

/** Looks like AWS's: 16 characters of URL-safe base64, the last one '='. */
// From a UUID, because Node makes those from random bytes that it draws many at a time.
export const awsLikeId = () =>
  `${Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').slice(0, 15)}=`;

export function authorizerEvent(facts: ConnectionFacts, details: ConnectDetails): AuthorizerEvent {
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:us-east-1:000000000000:${API_ID}/${STAGE}/$connect`,
    // Where the integration's event leaves an absent query out, the authorizer's has empty objects.
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    stageVariables: {},
    ...details,
    requestContext: contextOf(facts, '$connect', 'CONNECT'),
  };
}

export function connectEvent(facts: ConnectionFacts, details: ConnectDetails): WebsocketEvent {
  return { ...details, requestContext: contextOf(facts, '$connect', 'CONNECT'), isBase64Encoded: false };
}

export function messageEvent(facts: ConnectionFacts, body: string): WebsocketEvent {
  const requestContext = { ...contextOf(facts, '$default', 'MESSAGE'), messageId: awsLikeId() };
  return { requestContext, body, isBase64Encoded: false };
}

export function disconnectEvent(facts: ConnectionFacts, code: number, reason: string): WebsocketEvent {
  const headers = { Host: facts.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    requestContext: {
      ...contextOf(facts, '$disconnect', 'DISCONNECT'),
      disconnectStatusCode: code,
      disconnectReason: reason,
    },
    isBase64Encoded: false,
  };
}

function contextOf(
  facts: ConnectionFacts,
  routeKey: RequestContext['routeKey'],
  eventType: RequestContext['eventType'],
): RequestContext {
  const [requestId, now] = [awsLikeId(), new Date()];
  return {
    ...{ routeKey, eventType, requestId, extendedRequestId: requestId, messageDirection: 'IN' },
    ...{ requestTime: commonLogTime(now), requestTimeEpoch: now.getTime(), stage: STAGE, apiId: API_ID },
    ...facts,
  };
}

/** `09/Feb/2019:18:23:28 +0000` */
export function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

/** Headers and query of a handshake; of a repeated one the single-value maps hold the last, as in AWS. */
export function connectDetails(request: IncomingMessage, sourceIp: string, port: number): ConnectDetails {
  const headers = grouped(endToEndHeaders(request.rawHeaders));
  headers.set('X-Forwarded-For', [sourceIp]);
  headers.set('X-Forwarded-Port', [String(port)]);
  headers.set('X-Forwarded-Proto', ['http']);
  const query = grouped(new URLSearchParams(/\?(.*)$/s.exec(request.url ?? '')?.[1] ?? ''));
  return {
    headers: lastValues(headers),
    multiValueHeaders: Object.fromEntries(headers),
    ...(query.size > 0 && {
      queryStringParameters: lastValues(query),
      multiValueQueryStringParameters: Object.fromEntries(query),
    }),
  };
}

/** Names and values alternate in raw headers, and names keep the case that the client gave them, as in AWS. */
function* endToEndHeaders(rawHeaders: string[]): Iterable<[name: string, value: string]> {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (!/^(connection|upgrade)$/i.test(name)) yield [name, value];
  }
}

function grouped(pairs: Iterable<[string, string]>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}

const lastValues = (groups: Map<string, string[]>): Record<string, string> =>
  Object.fromEntries([...groups].map(([name, values]) => [name, values.at(-1) ?? '']));
