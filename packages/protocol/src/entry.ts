import * as z from 'zod/mini';
import { hybridTimeSchema, timestampSchema } from './hybrid-clock.ts';
import { instanceIdSchema } from './ids.ts';
import type { JsonValue } from './json-value.ts';
import { largeValueSchema } from './large-value.ts';
import { metadataFields } from './metadata.ts';
import { vectorClockSchema } from './vector-clock.ts';

// What a client receives is not checked again value by value: it came from the log, which only takes what is valid.
export const storedValueSchema = z.custom<JsonValue>((value) => value !== undefined);

/** One of several concurrent versions of a key. Without `value` it is a deletion. */
const siblingSchema = z.object({
  value: z.optional(storedValueSchema),
  clock: vectorClockSchema,
  hlc: hybridTimeSchema,
  author: instanceIdSchema,
  ...metadataFields,
});
export type Sibling = z.infer<typeof siblingSchema>;

/** One version of a key. A version without `value` is a tombstone: the key is deleted. */
export const versionFields = {
  key: z.string(),
  /** 1, 2, 3 … per key, deletions included. */
  version: z.int(),
  value: z.optional(storedValueSchema),
  /** Of a value of more than 64 KB, in whose place `value` is null. */
  large: z.optional(largeValueSchema),
  clock: vectorClockSchema,
  hlc: hybridTimeSchema,
  /** Whose value this is; after a merge not always the one who wrote last. */
  author: instanceIdSchema,
  ...metadataFields,
  /** By the server's clock. From then on the entry counts as deleted. */
  expiresAtMs: z.optional(timestampSchema),
  /** Of strategy `custom`: all concurrent versions, until a write that has seen them closes the conflict. */
  siblings: z.optional(z.array(siblingSchema)),
  /** What the key's strategy has to remember beside the value. The server's own: it is kept, and never sent. */
  merging: z.optional(z.unknown()),
};

/** The current value of a key, with the `seq` of the commit that made it. */
export const entrySchema = z.object({ ...versionFields, partition: z.int(), seq: z.int() });
export type Entry = z.infer<typeof entrySchema>;
