import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { awsLikeId, commonLogTime } from './websocket-events.ts';

/** What a Lambda function receives for a request: API Gateway's payload format 2.0, which function URLs share. */
export interface HttpEvent {
  version: '2.0';
  routeKey: '$default';
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: '$default';
    stage: '$default';
    time: string;
    timeEpoch: number;
  };
  body?: string;
  isBase64Encoded: boolean;
}

/** Of a request and its body. `path` is what the gateway makes of the one in the URL: the two kinds differ in that. */
export function httpEvent(request: IncomingMessage, path: string, body: Buffer): HttpEvent {
  const { headers, method = 'GET' } = request;
  const query = /\?(.*)$/s.exec(request.url ?? '')?.[1] ?? '';
  const parameters = joined(new URLSearchParams(query));
  const now = new Date();
  const cookies = headers.cookie?.split('; ');
  const isText = isTextual(headers['content-type']);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies && { cookies }),
    headers: joinedHeaders(headers),
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers.host ?? '127.0.0.1',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: awsLikeId(),
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/**
 * The path as API Gateway hands it on from an HTTP API: decoded, and cut off at what then looks like a query. (A
 * function URL's stays as it was sent.)
 */
export function decodedPath(url: string): string {
  const path = url.split('?')[0] ?? '/';
  try {
    return decodeURIComponent(path).split('?')[0] ?? '/';
  } catch {
    return path;
  }
}

const isTextual = (contentType = ''): boolean =>
  /^(text\/|application\/(.+\+)?(json|xml|javascript)\b)/i.test(contentType);

/** Without cookies, which have a place of their own, and what concerns this hop alone. */
function joinedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

const HOP_BY_HOP = new Set(['connection', 'cookie', 'keep-alive', 'transfer-encoding', 'upgrade']);

function joined(parameters: URLSearchParams): Record<string, string> {
  const names = new Set(parameters.keys());
  return Object.fromEntries([...names].map((name) => [name, parameters.getAll(name).join(',')]));
}
