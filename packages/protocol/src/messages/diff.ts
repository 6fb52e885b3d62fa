import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { entrySchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { momentSchema } from '../moment.ts';
import { pagingFields } from '../paging.ts';
import { patchSchema } from '../patch.ts';
import { scopeSchema } from '../scope.ts';

/** Without `to`: up to when the first page is made. */
export const diffRequestSchema = z.strictObject({
  scope: scopeSchema,
  from: momentSchema,
  to: z.optional(momentSchema),
  ...pagingFields,
});
export type DiffRequest = z.infer<typeof diffRequestSchema>;

/** What became of one key between two moments. */
export const keyDifferenceSchema = z.object({
  key: z.string(),
  /** Left out where the key did not exist. */
  before: z.optional(entrySchema),
  after: z.optional(entrySchema),
  /** Left out where all of it would not fit a frame; then `before` too, unless there is no `after`. */
  patch: z.optional(patchSchema),
});
export type KeyDifference = z.infer<typeof keyDifferenceSchema>;

export const diffPageSchema = z.object({
  from: cursorSchema,
  to: cursorSchema,
  differences: z.array(keyDifferenceSchema),
  page: z.optional(z.string()),
});
export type DiffPage = z.infer<typeof diffPageSchema>;

/** Asks which keys of a scope differ between two moments, and how. */
export const diffSchema = envelope('diff', diffRequestSchema);
export const diffAnswerSchema = envelope('diff', diffPageSchema);
