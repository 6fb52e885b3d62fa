import {
  type Grant,
  grantSchema,
  type InstanceId,
  instanceIdSchema,
  type SpaceId,
  spaceIdSchema,
} from '@mnemon/protocol';
import * as z from 'zod';

/** Who asks. Made from a verified token, never from what is asked (I8). */
export interface Identity {
  space: SpaceId;
  instanceId: InstanceId;
  userId: string;
  grants: readonly Grant[];
  tokenExpiresAtMs: number;
  /** The same for all that show this token, and never the token. Left out of what nobody's token has made. */
  tokenId?: string | undefined;
}

/** An identity that was kept as JSON: in a ticket's row, in a connection's context. */
export const identitySchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  userId: z.string(),
  grants: z.array(grantSchema),
  tokenExpiresAtMs: z.number(),
  tokenId: z.string().optional(),
}) satisfies z.ZodType<Identity>;

/** Who speaks on a connection. */
export interface Caller extends Identity {
  connectionId: string;
  /** By the gateway's clock. Of an instance's connections the one that connected last is the live one. */
  connectedAtMs: number;
}

/** Who spoke on a connection, however long its token lasts. */
export type Speaker = Omit<Caller, 'tokenId' | 'tokenExpiresAtMs'>;
