import * as z from 'zod/mini';

/**
 * An RFC 6902 patch between what two versions say: `{ value?, tags?, importance?, entities?, relationships?,
 * expiresAtMs? }`. What is deleted says nothing, `{}`.
 */
export const patchSchema = z.array(
  z.object({ op: z.enum(['add', 'remove', 'replace']), path: z.string(), value: z.optional(z.unknown()) }),
);
export type Patch = z.infer<typeof patchSchema>;
