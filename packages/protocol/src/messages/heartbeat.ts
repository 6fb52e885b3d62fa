import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { hybridTimeSchema } from '../hybrid-clock.ts';
import { presenceSchema } from '../presence.ts';

/** Keeps the connection's row alive and says where the client is: what is kept of it is its checkpoint. */
export const heartbeatSchema = envelope(
  'heartbeat',
  z.strictObject({
    cursor: z.optional(cursorSchema),
    /** How many events it has applied since it started. */
    events: z.optional(z.int().check(z.gte(0))),
    /** The latest time that it knows of. */
    clock: z.optional(hybridTimeSchema),
    /** What it says about itself now; kept as rarely as the checkpoint is. */
    presence: z.optional(presenceSchema),
  }),
);
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/**
 * Answers `heartbeat`. A client below `newest` has lost a frame and catches up (I4). One that is not has all commits of
 * its topics up to `head`, and its cursor moves there.
 */
export const heartbeatAnswerSchema = envelope(
  'heartbeat',
  z.object({
    head: cursorSchema,
    /** The newest commit of the connection's topics, as far as `head` or further; left out where that is `head`. */
    newest: z.optional(cursorSchema),
    /** Backends that the answering server could not reach when it last tried, a minute ago at most: `bus`. */
    degraded: z.array(z.string()),
  }),
);
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswerSchema>;
