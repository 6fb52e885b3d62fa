import { type Caller, type Identity, identitySchema } from '@mnemon/core';
import * as z from 'zod';

/** API Gateway carries the authorizer's findings to later events, as flat strings only. */
export const toContext = (identity: Identity): { caller: string } => ({
  caller: JSON.stringify(identity),
});

const contextSchema = z.object({
  connectionId: z.string(),
  connectedAt: z.number(),
  authorizer: z.object({ caller: z.string() }),
});

/** Who speaks in an event of an authorized connection; throws for an event that did not come through the gateway. */
export function callerOf(requestContext: unknown): Caller {
  const { connectionId, connectedAt, authorizer } = contextSchema.parse(requestContext);
  return { ...identitySchema.parse(JSON.parse(authorizer.caller)), connectionId, connectedAtMs: connectedAt };
}
