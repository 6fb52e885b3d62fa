import type { Identity } from '@mnemon/core';
import { auditRefusedConnect, type Refusal } from '../audit.ts';
import { claimedIdentity } from '../claimed-identity.ts';
import { composeAuthorizer } from '../compose-authorizer.ts';
import { observed } from '../observe.ts';
import { toContext } from './caller-context.ts';
import { type Headers, header, tokenInSubprotocols } from './subprotocol.ts';

const { verify, redeem } = composeAuthorizer();

interface AuthorizerEvent {
  methodArn: string;
  headers?: Headers | null;
  queryStringParameters?: Record<string, string | undefined> | null;
  requestContext?: { identity?: { sourceIp?: string } };
}

/** `principalId` with a Deny: who it is was clear, and that they may not. Without it, who it is was not. */
type Found = { identity: Identity } | (Refusal & { principalId?: string });

/**
 * The REQUEST authorizer of `$connect`. A token comes as a bearer header (programs), a subprotocol (browsers) or the
 * query parameter `token`; a ticket as `ticket`. API Gateway turns the thrown `Unauthorized` into 401 and a Deny into 403.
 */
export const handler = observed(async (event: AuthorizerEvent) => {
  const found = await identify(event);
  const { methodArn } = event;
  if ('identity' in found) {
    const context = toContext(found.identity);
    const { space, instanceId, userId } = found.identity;
    if (Buffer.byteLength(context.caller) <= CONTEXT_BYTES)
      return policy('Allow', methodArn, userId, context);
    return deny(event, { reason: 'the grants are too long', space, instanceId, userId, principalId: userId });
  }
  return deny(event, found);
});

async function identify({ headers, queryStringParameters }: AuthorizerEvent): Promise<Found> {
  const query = queryStringParameters ?? {};
  if (query.ticket !== undefined) return identifyByTicket(query.ticket, query.instance);
  const bearer = /^Bearer (.+)$/i.exec(header(headers ?? {}, 'authorization') ?? '')?.[1];
  const token = bearer ?? tokenInSubprotocols(headers ?? {}) ?? query.token;
  if (!token) return { reason: 'no token' };
  const verified = await verify(token, Date.now());
  if (!verified.ok) return { reason: verified.problem };
  const identity = claimedIdentity(token, verified.claims, query.instance);
  if (identity) return { identity };
  const { space, sub: userId } = verified.claims;
  return { reason: 'the token is for another instance', space, userId, principalId: userId };
}

async function identifyByTicket(ticket: string, instance: string | undefined): Promise<Found> {
  const identity = await redeem(ticket, Date.now());
  if (!identity) return { reason: 'no such ticket any more' };
  const { space, userId, instanceId } = identity;
  if (instance !== undefined && instance !== instanceId) {
    return { reason: 'the ticket is for another instance', space, userId };
  }
  return { identity };
}

/** An authorizer's whole answer may have 8 KB; beyond it, API Gateway fails the handshake without a word. */
const CONTEXT_BYTES = 7 * 1024;

function deny(event: AuthorizerEvent, { principalId, ...refusal }: Refusal & { principalId?: string }) {
  auditRefusedConnect({ ...refusal, sourceIp: event.requestContext?.identity?.sourceIp });
  if (principalId === undefined) throw new Error('Unauthorized');
  return policy('Deny', event.methodArn, principalId, {});
}

function policy(
  effect: 'Allow' | 'Deny',
  resource: string,
  principalId: string,
  context: Record<string, string>,
) {
  const statement = { Action: 'execute-api:Invoke', Effect: effect, Resource: resource };
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, context };
}
