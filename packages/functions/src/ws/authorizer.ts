import { composeAuthorizer } from '../compose.ts';
import { instanceOf } from '../token.ts';
import { type AuthorizedCaller, toContext } from './caller-context.ts';
import { type Headers, header, tokenInSubprotocols } from './subprotocol.ts';

const { verify } = composeAuthorizer();

interface AuthorizerEvent {
  methodArn: string;
  headers?: Headers | null;
  queryStringParameters?: Record<string, string | undefined> | null;
}

/**
 * The REQUEST authorizer of `$connect`. The token comes as a bearer header (programs), a subprotocol (browsers) or the
 * query parameter `token`. API Gateway turns the thrown `Unauthorized` into 401 and a Deny into 403.
 */
export async function handler(event: AuthorizerEvent) {
  const headers = event.headers ?? {};
  const query = event.queryStringParameters ?? {};
  const bearer = /^Bearer (.+)$/i.exec(header(headers, 'authorization') ?? '')?.[1];
  const token = bearer ?? tokenInSubprotocols(headers) ?? query.token;
  const verified = token ? await verify(token, Date.now()) : undefined;
  if (!verified?.ok) {
    refused(verified?.problem ?? 'no token');
    throw new Error('Unauthorized');
  }
  const { claims } = verified;
  const instanceId = instanceOf(claims, query.instance);
  if (!instanceId) {
    refused('the token is for another instance');
    return policy('Deny', event.methodArn, claims.sub, {});
  }
  const caller: AuthorizedCaller = {
    space: claims.space,
    instanceId,
    userId: claims.sub,
    grants: claims.grants,
    tokenExpiresAtMs: claims.exp * 1000,
  };
  const context = toContext(caller);
  if (Buffer.byteLength(context.caller) > CONTEXT_BYTES) {
    refused('the grants are too long for a connection');
    return policy('Deny', event.methodArn, claims.sub, {});
  }
  return policy('Allow', event.methodArn, claims.sub, context);
}

/** An authorizer's whole answer may have 8 KB; beyond it, API Gateway fails the handshake without a word. */
const CONTEXT_BYTES = 7 * 1024;

const refused = (problem: string): void =>
  console.log(JSON.stringify({ level: 'info', message: 'connection refused', problem }));

function policy(
  effect: 'Allow' | 'Deny',
  resource: string,
  principalId: string,
  context: Record<string, string>,
) {
  const statement = { Action: 'execute-api:Invoke', Effect: effect, Resource: resource };
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, context };
}
