import * as z from 'zod/mini';
import { pagingFields } from '../paging.ts';

/** A commit of a log: its number and its hash, which covers all before it. */
export const chainEndSchema = z.object({ seq: z.int().check(z.gte(0)), hash: z.string() });
export type ChainEnd = z.infer<typeof chainEndSchema>;

/** `known` is the `end` of an earlier walk, which this log has to contain. */
export const verifyRequestSchema = z.strictObject({
  known: z.optional(
    z.strictObject({ seq: z.int().check(z.gte(0)), hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)) }),
  ),
  page: pagingFields.page,
});
export type VerifyRequest = z.infer<typeof verifyRequestSchema>;

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
