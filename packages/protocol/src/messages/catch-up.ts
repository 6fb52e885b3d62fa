import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';

/** Asks for what was missed since `cursor`, or for the next page of an answer. */
export const catchUpSchema = envelope(
  'catch-up',
  z.union([
    z.strictObject({ cursor: z.optional(cursorSchema) }),
    z.strictObject({ page: z.string().check(z.maxLength(2048)) }),
  ]),
);
export type CatchUp = z.infer<typeof catchUpSchema>;
