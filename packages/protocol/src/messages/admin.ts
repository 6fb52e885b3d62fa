import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { pagingFields } from '../paging.ts';
import { scopeSchema } from '../scope.ts';

/**
 * `to` is the state to bring back, `from` the one that it replaces: what somebody has changed since then is left alone.
 * Without `from`, the state when the first page is asked for. Whoever names it can ask again and gets the same answer (I6).
 */
export const restoreRequestSchema = z.strictObject({
  scope: scopeSchema,
  to: cursorSchema,
  from: z.optional(cursorSchema),
  page: pagingFields.page,
});
export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** `token` is an administrator's of the space to make; the one that asks is of the space to copy. */
export const forkRequestSchema = z.strictObject({
  cursor: cursorSchema,
  token: z.string().check(z.maxLength(8192)),
});
export type ForkRequest = z.infer<typeof forkRequestSchema>;

export const rebuildRequestSchema = z.strictObject({ scope: scopeSchema, page: pagingFields.page });
export type RebuildRequest = z.infer<typeof rebuildRequestSchema>;

/** `known` is the `end` of an earlier walk, which this log has to contain. */
export const verifyRequestSchema = z.strictObject({
  known: z.optional(
    z.strictObject({ seq: z.int().check(z.gte(0)), hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)) }),
  ),
  page: pagingFields.page,
});
export type VerifyRequest = z.infer<typeof verifyRequestSchema>;

/** Asks for what needs the grant to administer. */
export const adminSchema = envelope(
  'admin',
  z.discriminatedUnion('action', [
    z.strictObject({ action: z.literal('stats') }),
    z.strictObject({ action: z.literal('verify'), ...verifyRequestSchema.shape }),
    z.strictObject({ action: z.literal('take-snapshot') }),
    z.strictObject({ action: z.literal('list-snapshots') }),
    z.strictObject({ action: z.literal('rebuild'), ...rebuildRequestSchema.shape }),
    z.strictObject({ action: z.literal('restore'), ...restoreRequestSchema.shape }),
    z.strictObject({ action: z.literal('fork'), ...forkRequestSchema.shape }),
    z.strictObject({ action: z.literal('renew-epoch') }),
  ]),
);
export type Admin = z.infer<typeof adminSchema>;
