import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { entrySchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { momentSchema } from '../moment.ts';
import { pagingFields } from '../paging.ts';
import { scopeSchema } from '../scope.ts';

/** Without `at`: as it is when the first page is made. */
export const stateRequestSchema = z.strictObject({
  scope: scopeSchema,
  at: z.optional(momentSchema),
  ...pagingFields,
});
export type StateRequest = z.infer<typeof stateRequestSchema>;

export const statePageSchema = z.object({
  /** Of which moment it is, on every page the same. */
  cursor: cursorSchema,
  entries: z.array(entrySchema),
  page: z.optional(z.string()),
});
export type PastState = z.infer<typeof statePageSchema>;

/** Asks for the entries of a scope as they were. */
export const stateRequestFrameSchema = envelope('state-request', stateRequestSchema);
export const stateResponseSchema = envelope('state-response', statePageSchema);
