import * as z from 'zod/mini';
import { entrySchema } from './entry.ts';
import { errorCodeSchema } from './error-code.ts';

/**
 * What became of one operation. `applied`: it is the entry's newest version. `merged`: it met a concurrent write, and
 * the strategy made `version` of both. `unchanged`: there was nothing to do. `refused`: it had no effect.
 */
export const outcomeSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('applied'), version: z.int() }),
  z.object({ status: z.literal('merged'), version: z.int() }),
  z.object({ status: z.literal('unchanged') }),
  z.object({
    status: z.literal('refused'),
    code: errorCodeSchema,
    message: z.string(),
    /** With `conflict`: the entry as it is; left out where there is none. */
    current: z.optional(entrySchema),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;
