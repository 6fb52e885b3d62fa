import * as z from 'zod/mini';
import { storedValueSchema } from '../entry.ts';
import { envelope } from '../envelope.ts';
import { hybridTimeSchema } from '../hybrid-clock.ts';
import { instanceIdSchema } from '../ids.ts';
import { largeValueSchema } from '../large-value.ts';
import { outcomeSchema } from '../outcome.ts';
import { strategySchema } from '../strategy.ts';
import { vectorClockSchema } from '../vector-clock.ts';

export const conflictStatusSchema = z.enum(['open', 'resolved']);

/** One of the writes that met; without `value` a deletion, unless it `isCut`. */
const side = {
  value: z.optional(storedValueSchema),
  large: z.optional(largeValueSchema),
  hlc: hybridTimeSchema,
  author: instanceIdSchema,
  clock: vectorClockSchema,
};

/** Two writes of a key that did not know of each other, and what became of them. */
export const keptConflictSchema = z.object({
  id: z.string(),
  key: z.string(),
  /** What met, or why the strategy could not do what it is for. */
  type: z.string(),
  strategy: strategySchema,
  /** Of the policy that named the strategy; left out when the write did, or nobody. */
  pattern: z.optional(z.string()),
  /** Its value is left out where both would not fit a frame (`isCut`): the key's history has it. */
  stored: z.object({ ...side, version: z.int(), isCut: z.optional(z.literal(true)) }),
  arrived: z.object(side),
  /** Which side is the key's new version. */
  outcome: z.enum(['stored', 'arrived', 'merged', 'siblings']),
  /** The version that this made, and the commit. */
  version: z.int(),
  seq: z.int(),
  atMs: z.number(),
  status: conflictStatusSchema,
  /** Who settled it. Without `instanceId`, the strategy did, at once. */
  resolvedBy: z.optional(
    z.object({ instanceId: z.optional(instanceIdSchema), version: z.int(), atMs: z.number() }),
  ),
});
export type KeptConflict = z.infer<typeof keptConflictSchema>;

/** The newest first. A page may be empty and still not the last. */
const conflictPageSchema = z.object({ conflicts: z.array(keptConflictSchema), page: z.optional(z.string()) });
export type ConflictPage = z.infer<typeof conflictPageSchema>;

const counts = z.array(z.object({ name: z.string(), count: z.int() }));
/** The most frequent first, 100 at most. By pattern, '' is no policy; a pair has a blank between. */
export const conflictStatsSchema = z.object({ byStrategy: counts, byPattern: counts, byPair: counts });
export type ConflictStats = z.infer<typeof conflictStatsSchema>;

export const conflictAnswerSchema = envelope(
  'conflict',
  z.discriminatedUnion('is', [
    z.object({ is: z.literal('listed'), ...conflictPageSchema.shape }),
    z.object({ is: z.literal('found'), conflict: keptConflictSchema }),
    z.object({ is: z.literal('resolved'), outcome: outcomeSchema }),
    z.object({ is: z.literal('counted'), counts: conflictStatsSchema }),
  ]),
);
export type ConflictAnswer = z.infer<typeof conflictAnswerSchema>['payload'];
