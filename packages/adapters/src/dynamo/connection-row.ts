import type { Connection, ConnectionRef, ReachedRow } from '@mnemon/core';
import { type Grant, grantSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';

/** A row stays this long after its connection was last heard of: staleness decides, TTL only clears up. */
const KEPT_MS = 24 * 60 * 60 * 1000;

const rowSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  connectionId: z.string(),
  userId: z.string(),
  // DynamoDB has no empty sets: the attribute goes with the last pattern.
  subscriptions: z.set(z.string()).optional(),
  grants: z.string(),
  tokenExpiresAtMs: z.number(),
  tokenId: z.string().optional(),
  connectedAtMs: z.number(),
  lastSeenAtMs: z.number(),
});

const grantsSchema = z.array(grantSchema);

/** The primary key. By instance, so that a second connection of an id replaces the first by construction. */
export const keyOf = ({ space, instanceId }: Pick<ConnectionRef, 'space' | 'instanceId'>) => ({
  space,
  instanceId,
});

const keySchema = rowSchema.pick({ space: true, instanceId: true });

export const readKey = (key: unknown): ReachedRow => keySchema.parse(key);

export function toRow({ grants, subscriptions, ...fields }: Connection): Record<string, unknown> {
  return {
    ...fields,
    grants: JSON.stringify(grants),
    ...(subscriptions.length > 0 ? { subscriptions: new Set(subscriptions) } : {}),
    ttl: ttlAfter(fields.lastSeenAtMs),
  };
}

/** When DynamoDB may delete the row, in seconds; it does so hours or days later. */
export const ttlAfter = (lastSeenAtMs: number): number => Math.ceil((lastSeenAtMs + KEPT_MS) / 1000);

/**
 * The connection that a row tells of. One that cannot be read counts as none: its connection is told so when it is next
 * heard of, and connects anew.
 */
export function fromRow(row: unknown): Connection | undefined {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) return undefined;
  const grants = parseGrants(parsed.data.grants);
  return grants && { ...parsed.data, grants, subscriptions: [...(parsed.data.subscriptions ?? [])] };
}

function parseGrants(text: string): Grant[] | undefined {
  try {
    return grantsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
