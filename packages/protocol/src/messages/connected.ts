import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { timestampSchema } from '../hybrid-clock.ts';
import { instanceIdSchema, spaceIdSchema } from '../ids.ts';
import { caughtUpPayloadSchema } from './caught-up.ts';

/** Answers `connect`. From here on commits arrive; `missed` is the first page of those from before. */
export const connectedSchema = envelope(
  'connected',
  z.object({
    protocolVersion: z.int(),
    space: spaceIdSchema,
    instanceId: instanceIdSchema,
    head: cursorSchema,
    heartbeatMs: z.int(),
    tokenExpiresAt: timestampSchema,
    /** Left out when nothing is subscribed. */
    missed: z.optional(caughtUpPayloadSchema),
  }),
);
export type Connected = z.infer<typeof connectedSchema>;
