import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { LIMITS } from '../limits.ts';
import { patternSchema } from '../pattern.ts';
import { presenceSchema } from '../presence.ts';

export const patternsSchema = z.array(patternSchema).check(z.maxLength(LIMITS.patternsPerConnection));

/**
 * The client's first message on a connection: what it wants to see, and from where on. Whatever needs the connection's row
 * is refused with `not-connected` before. A `write` needs none and is taken as it is: to ask would cost each write a read.
 */
export const connectSchema = envelope(
  'connect',
  z.strictObject({
    protocolVersion: z.int(),
    subscriptions: patternsSchema,
    /** Left out by a client that holds nothing yet: it then receives the state. */
    cursor: z.optional(cursorSchema),
    presence: z.optional(presenceSchema),
  }),
);
export type Connect = z.infer<typeof connectSchema>;
