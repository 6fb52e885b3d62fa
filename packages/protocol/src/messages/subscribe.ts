import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { patternsSchema } from './connect.ts';

/**
 * Counts a connection's changes of its subscriptions. A change that comes after one with a greater number, repeated or
 * overtaken on its way, is refused: a late `unsubscribe` must not take what a later `subscribe` has brought.
 */
export const changeNumberSchema = z.int().check(z.gte(1));

/**
 * Adds patterns to the connection; answered by `caught-up` with the state of their topics. With a cursor, the reason is
 * `subscribed`: what the reader holds of other topics stays, and the log after the cursor is given for those.
 */
export const subscribeSchema = envelope(
  'subscribe',
  z.strictObject({
    patterns: patternsSchema,
    cursor: z.optional(cursorSchema),
    change: z.optional(changeNumberSchema),
  }),
);
export type Subscribe = z.infer<typeof subscribeSchema>;
