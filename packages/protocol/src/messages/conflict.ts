import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { jsonValueSchema } from '../json-value.ts';
import { putMetadataFields } from '../metadata.ts';
import { pagingFields } from '../paging.ts';
import { patternSchema } from '../pattern.ts';
import { strategySchema } from '../strategy.ts';
import { conflictStatusSchema } from './conflict-answer.ts';

const id = z.string().check(z.maxLength(64));

/** Which conflicts: those to which all of this applies. */
export const conflictListSchema = z.strictObject({
  status: z.optional(conflictStatusSchema),
  strategy: z.optional(strategySchema),
  pattern: z.optional(patternSchema),
  ...pagingFields,
});
export type ConflictList = z.infer<typeof conflictListSchema>;

/** What a conflict is to end with; without `value`, the key is deleted. */
export const mergedSchema = z.strictObject({
  value: z.optional(jsonValueSchema),
  ...putMetadataFields,
  /** The version whose siblings were merged: refused with `conflict` when there is a newer one. */
  expectedVersion: z.optional(z.int().check(z.gte(0))),
});
export type Merged = z.infer<typeof mergedSchema>;

/** Asks about a space's conflicts, or merges what one of them left side by side. */
export const conflictSchema = envelope(
  'conflict',
  z.discriminatedUnion('do', [
    z.strictObject({ do: z.literal('list'), ...conflictListSchema.shape }),
    z.strictObject({ do: z.literal('get'), id }),
    z.strictObject({ do: z.literal('resolve'), id, ...mergedSchema.shape }),
    z.strictObject({ do: z.literal('count') }),
  ]),
);
export type ConflictRequest = z.infer<typeof conflictSchema>['payload'];
