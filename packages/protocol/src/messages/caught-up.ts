import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { entrySchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { deliverySchema } from './changes.ts';

/**
 * One page; while there is a `page` token, ask on with it. `recovered: true`: the commits that follow the reader's
 * cursor, of the topics asked for, complete up to `cursor`; the last may be cut into parts, of which the next page holds
 * the rest. `recovered: false`: the range could not be given whole; the state replaces what the reader holds of the
 * topics asked for once its last page is there, and the log from `cursor` on follows it (I5).
 *
 * With the reason `subscribed` the state is that of the new topics alone, as of `cursor` or newer. `commits` are then those
 * of the topics from before that follow the reader's cursor, complete up to `cursor`; left out where a frame does not
 * hold them, and the reader asks for them.
 */
export const caughtUpPayloadSchema = z.discriminatedUnion('recovered', [
  z.object({
    recovered: z.literal(true),
    cursor: cursorSchema,
    commits: z.array(deliverySchema),
    page: z.optional(z.string()),
  }),
  z.object({
    recovered: z.literal(false),
    reason: z.enum(['no-cursor', 'other-epoch', 'past-head', 'too-far', 'compacted', 'subscribed']),
    cursor: cursorSchema,
    entries: z.array(entrySchema),
    commits: z.optional(z.array(deliverySchema)),
    page: z.optional(z.string()),
  }),
]);
export type CaughtUpPayload = z.infer<typeof caughtUpPayloadSchema>;

/** Answers `catch-up` and `subscribe`. */
export const caughtUpSchema = envelope('caught-up', caughtUpPayloadSchema);
export type CaughtUp = z.infer<typeof caughtUpSchema>;
