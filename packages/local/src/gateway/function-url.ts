import type { IncomingMessage, ServerResponse } from 'node:http';
import { PRELUDE_END } from '../lambda/response-streaming.ts';
import { type HttpEvent, httpEvent } from './http-events.ts';
import { readBytes } from './request-body.ts';

/** Resolves when the answer is complete; its pieces are told of as they come. */
export type InvokeStreaming = (event: HttpEvent, onChunk: (chunk: Uint8Array) => void) => Promise<void>;

const BODY_BYTES = 6 * 1024 * 1024;

/**
 * A Lambda function URL with invoke mode RESPONSE_STREAM, acted out. A reader that goes away does not end the function,
 * on AWS either: what it still says is lost.
 */
export function functionUrl(invoke: InvokeStreaming) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBytes(request, BODY_BYTES);
    if (!body) {
      response.writeHead(413).end();
      return;
    }
    const path = request.url?.split('?')[0] ?? '/';
    const send = splitPrelude(response);
    try {
      await invoke(httpEvent(request, path, body), send);
    } catch {
      // Why it failed is the function's to log. What has begun can only be broken off.
      if (response.headersSent) response.destroy();
      else response.writeHead(502);
    }
    response.end();
  };
}

/** The first bytes say status and headers; what comes behind them is the body. */
function splitPrelude(response: ServerResponse): (chunk: Uint8Array) => void {
  let prelude: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (!prelude) {
      response.write(chunk);
      return;
    }
    prelude = Buffer.concat([prelude, chunk]);
    const end = prelude.indexOf(PRELUDE_END);
    if (end < 0) return;
    const { statusCode, headers = {}, cookies = [] } = JSON.parse(prelude.subarray(0, end).toString('utf8'));
    response.writeHead(statusCode, { ...headers, ...(cookies.length > 0 && { 'set-cookie': cookies }) });
    response.flushHeaders();
    const rest = prelude.subarray(end + PRELUDE_END.length);
    prelude = undefined;
    if (rest.length > 0) response.write(rest);
  };
}
