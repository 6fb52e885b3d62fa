import type { IncomingMessage, ServerResponse } from 'node:http';
import { TimeLimitError, withinTime } from '../time-limit.ts';
import { decodedPath, type HttpEvent, httpEvent } from './http-events.ts';
import { readBytes } from './request-body.ts';

export type InvokeHttp = (event: HttpEvent) => Promise<unknown>;

interface HttpRouteOptions {
  invoke: InvokeHttp;
  bodyBytes: number;
  integrationTimeoutMs: number;
}

interface HttpResult {
  statusCode: number;
  headers?: Record<string, string>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/** API Gateway's HTTP API with one `$default` route, acted out: a request in, an event, its answer out. */
export function httpRoute({ invoke, bodyBytes, integrationTimeoutMs }: HttpRouteOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBytes(request, bodyBytes);
    if (!body) return refuse(response, 413, 'Request Entity Too Large');
    const event = httpEvent(request, decodedPath(request.url ?? '/'), body);
    try {
      const result = await withinTime(integrationTimeoutMs, invoke(event));
      return isResult(result) ? send(response, result) : refuse(response, 500, 'Internal Server Error');
    } catch (error) {
      // Why it failed is the integration's to log.
      const isLate = error instanceof TimeLimitError;
      return refuse(response, isLate ? 503 : 500, isLate ? 'Service Unavailable' : 'Internal Server Error');
    }
  };
}

const isResult = (result: unknown): result is HttpResult =>
  typeof (Object(result) as HttpResult).statusCode === 'number';

function send(
  response: ServerResponse,
  { statusCode, headers, cookies, body, isBase64Encoded }: HttpResult,
): void {
  response.writeHead(statusCode, { ...headers, ...(cookies && { 'set-cookie': cookies }) });
  response.end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}
