import * as z from 'zod/mini';

/** A commit of a log: its number and its hash, which covers all before it. */
export const chainEndSchema = z.object({ seq: z.int().check(z.gte(0)), hash: z.string() });
export type ChainEnd = z.infer<typeof chainEndSchema>;

/** How far the chain holds, or the first commit that does not fit. While there is a `page` token, ask on. */
export const verdictSchema = z.discriminatedUnion('intact', [
  z.object({ intact: z.literal(true), end: chainEndSchema, page: z.optional(z.string()) }),
  z.object({
    intact: z.literal(false),
    seq: z.int(),
    /** `foreign`: of another space, partition or epoch. */
    problem: z.enum(['missing', 'rewritten', 'unlinked', 'truncated', 'foreign']),
  }),
]);
export type Verdict = z.infer<typeof verdictSchema>;
