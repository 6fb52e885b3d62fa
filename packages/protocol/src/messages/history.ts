import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { eventSchema } from '../event.ts';
import { instanceIdSchema } from '../ids.ts';
import { keySchema } from '../key.ts';
import { pagingFields } from '../paging.ts';
import { patchSchema } from '../patch.ts';

export const historyRequestSchema = z.strictObject({ key: keySchema, ...pagingFields });
export type HistoryRequest = z.infer<typeof historyRequestSchema>;

/** One version of a key, and how it came about. */
export const keptVersionSchema = z.object({
  /** The commit that made it. */
  seq: z.int(),
  committedAtMs: z.number(),
  /** Who wrote; the event's own `author` is whose value it is. */
  writer: instanceIdSchema,
  event: eventSchema,
  /**
   * The difference to the version before. Left out where the log no longer holds that one, and where event and patch
   * together would not fit a frame.
   */
  patch: z.optional(patchSchema),
});
export type KeptVersion = z.infer<typeof keptVersionSchema>;

export const historyPageSchema = z.object({
  versions: z.array(keptVersionSchema),
  page: z.optional(z.string()),
});
export type HistoryPage = z.infer<typeof historyPageSchema>;

/** Asks for the versions of a key, the newest first. */
export const historySchema = envelope('history', historyRequestSchema);
export const historyAnswerSchema = envelope('history', historyPageSchema);
