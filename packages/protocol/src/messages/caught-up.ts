import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { entrySchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { deliverySchema } from './changes.ts';

/**
 * One page. `recovered: true`: the commits that follow the reader's cursor, complete up to `cursor`; `more` says that
 * the head is further on: ask again from there. `recovered: false`: the range could not be given whole, and the state
 * replaces what the reader holds; ask for `page` until there is none, then catch up from `cursor` (I5).
 */
export const caughtUpPayloadSchema = z.discriminatedUnion('recovered', [
  z.object({
    recovered: z.literal(true),
    cursor: cursorSchema,
    commits: z.array(deliverySchema),
    more: z.boolean(),
  }),
  z.object({
    recovered: z.literal(false),
    reason: z.enum(['no-cursor', 'other-epoch', 'past-head', 'too-far', 'compacted']),
    cursor: cursorSchema,
    entries: z.array(entrySchema),
    page: z.optional(z.string()),
  }),
]);
export type CaughtUpPayload = z.infer<typeof caughtUpPayloadSchema>;

/** Answers `catch-up` and `subscribe`. */
export const caughtUpSchema = envelope('caught-up', caughtUpPayloadSchema);
export type CaughtUp = z.infer<typeof caughtUpSchema>;
