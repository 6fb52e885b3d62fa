import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { patternsSchema } from './connect.ts';

/**
 * Asks for what was missed since `cursor`, or for the next page of an answer. `patterns` are those that the reader holds,
 * or with a page those that it asked for first; left out, everything. They need not be subscribed.
 */
export const catchUpSchema = envelope(
  'catch-up',
  z.union([
    z.strictObject({ cursor: z.optional(cursorSchema), patterns: z.optional(patternsSchema) }),
    z.strictObject({ page: z.string().check(z.maxLength(2048)), patterns: z.optional(patternsSchema) }),
  ]),
);
export type CatchUp = z.infer<typeof catchUpSchema>;
