import * as z from 'zod';
import { opaqueToken } from './opaque-token.ts';

/** Where the next page of a list or a search begins: in which of its ranges, and after which key there. */
export const foundToken = opaqueToken(
  z.strictObject({
    of: z.literal('found'),
    /** The hash of the question: another one does not continue here. */
    question: z.string(),
    range: z.int().min(0),
    afterKey: z.string().optional(),
  }),
);
