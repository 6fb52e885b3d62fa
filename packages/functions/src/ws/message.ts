import { type Caller, forget } from '@mnemon/core';
import { ERRORS, SUBPROTOCOL } from '@mnemon/protocol';
import { auditRefusedConnect } from '../audit.ts';
import { compose } from '../compose.ts';
import { observed } from '../observe.ts';
import { answerFrame } from './answer-frame.ts';
import { callerOf } from './caller-context.ts';
import { type Headers, requestedSubprotocols } from './subprotocol.ts';

const app = await compose();

interface WebsocketEvent {
  requestContext: { routeKey: string };
  headers?: Headers;
  body?: string | null;
}

/** All three routes of the WebSocket API. The gateway only hears whether the event was dealt with. */
export const handler = observed(async (event: WebsocketEvent) => {
  switch (event.requestContext.routeKey) {
    case '$connect':
      return accept(callerOf(event.requestContext), event.headers);
    case '$disconnect':
      await forget(app.ports, callerOf(event.requestContext));
      return { statusCode: 200 };
    default:
      await answerFrame(app, callerOf(event.requestContext), event.body ?? '');
      return { statusCode: 200 };
  }
});

// A requested subprotocol has to be repeated, or browsers end the connection.
async function accept(caller: Caller, headers: Headers | undefined) {
  const refusal = await app.limit('connects', caller);
  if (refusal) {
    const { space, instanceId, userId } = caller;
    auditRefusedConnect({ reason: refusal.code, space, instanceId, userId });
    return { statusCode: ERRORS[refusal.code].httpStatus };
  }
  const speaksIt = requestedSubprotocols(headers).includes(SUBPROTOCOL);
  return { statusCode: 200, ...(speaksIt && { headers: { 'Sec-WebSocket-Protocol': SUBPROTOCOL } }) };
}
