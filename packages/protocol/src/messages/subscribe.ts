import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { patternsSchema } from './connect.ts';

/** Adds patterns to the connection; answered by `caught-up`, from the cursor on for what was subscribed before. */
export const subscribeSchema = envelope(
  'subscribe',
  z.strictObject({ patterns: patternsSchema, cursor: z.optional(cursorSchema) }),
);
export type Subscribe = z.infer<typeof subscribeSchema>;
