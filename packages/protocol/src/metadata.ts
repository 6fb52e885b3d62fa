import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

const label = (maxLength: number) =>
  z.string().check(
    z.minLength(1),
    z.maxLength(maxLength),
    z.refine((text) => text.isWellFormed(), 'a label is well-formed Unicode'),
  );

const tag = label(LIMITS.tagLength);
const entity = label(LIMITS.entityLength);

/** How one entity stands to another: `{ from: 'ann', type: 'works-at', to: 'acme' }`. */
const relationship = z.strictObject({ from: entity, type: tag, to: entity });
export type Relationship = z.infer<typeof relationship>;

/** What a put says about its value. */
export const putMetadataFields = {
  tags: z.optional(z.array(tag).check(z.maxLength(LIMITS.labels))),
  /** From 0, which is also what is not said, to 1. */
  importance: z.optional(z.number().check(z.gte(0), z.lte(1))),
  entities: z.optional(z.array(entity).check(z.maxLength(LIMITS.labels))),
  relationships: z.optional(z.array(relationship).check(z.maxLength(LIMITS.labels))),
};

/** The same as an entry carries it; not checked again label by label: it came from the log. */
export const metadataFields = {
  tags: z.optional(z.array(z.string())),
  importance: z.optional(z.number()),
  entities: z.optional(z.array(z.string())),
  relationships: z.optional(z.array(z.object({ from: z.string(), type: z.string(), to: z.string() }))),
};

/** Tags, importance, entities and relationships of one version; a tombstone has an importance at most. */
export interface Metadata {
  tags?: string[] | undefined;
  importance?: number | undefined;
  entities?: string[] | undefined;
  relationships?: Relationship[] | undefined;
}
