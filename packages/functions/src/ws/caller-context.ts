import type { Caller, Identity } from '@mnemon/core';
import { grantSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import { z } from 'zod';

const callerSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  userId: z.string(),
  grants: z.array(grantSchema),
  tokenExpiresAtMs: z.number(),
  tokenId: z.string().optional(),
});

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
  return { ...callerSchema.parse(JSON.parse(authorizer.caller)), connectionId, connectedAtMs: connectedAt };
}
