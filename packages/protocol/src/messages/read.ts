import * as z from 'zod/mini';
import { entrySchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { instanceIdSchema } from '../ids.ts';
import { keySchema } from '../key.ts';
import { LIMITS } from '../limits.ts';
import { putMetadataFields } from '../metadata.ts';
import { momentSchema } from '../moment.ts';
import { pagingFields } from '../paging.ts';
import { patternSchema } from '../pattern.ts';

/** Which entries: those to which all of this applies. */
export const listRequestSchema = z.strictObject({
  /** Those below this path, as in `Scope`. */
  prefix: z.optional(z.union([z.literal(''), keySchema])),
  pattern: z.optional(patternSchema),
  /** All of them. */
  tags: putMetadataFields.tags,
  /** All of them. */
  entities: putMetadataFields.entities,
  author: z.optional(instanceIdSchema),
  /** Those whose current version was committed after it. */
  changedSince: z.optional(momentSchema),
  ...pagingFields,
});
export type ListRequest = z.infer<typeof listRequestSchema>;

/** Entries that hold every word of `text`: in their key, tags, entities or value, whole and in any case. */
export const searchRequestSchema = z.strictObject({
  text: z.string().check(z.minLength(1), z.maxLength(LIMITS.searchTextLength)),
  ...pagingFields,
});
export type SearchRequest = z.infer<typeof searchRequestSchema>;

/** In the order of their keys. A page may be empty and still not the last: what it cost was bounded. */
export const foundPageSchema = z.object({ entries: z.array(entrySchema), page: z.optional(z.string()) });
export type FoundPage = z.infer<typeof foundPageSchema>;

/** Asks for current entries: the one of a key, those that a list or a search finds. */
export const readSchema = envelope(
  'read',
  z.union([
    z.strictObject({ get: keySchema }),
    z.strictObject({ list: listRequestSchema }),
    z.strictObject({ search: searchRequestSchema }),
  ]),
);
export type Read = z.infer<typeof readSchema>;

/** Answers `read`. Of a key that is deleted, `get` finds its tombstone, while that is remembered, and else nothing. */
export const readAnswerSchema = envelope('read', foundPageSchema);
export type ReadAnswer = z.infer<typeof readAnswerSchema>;
