import * as z from 'zod/mini';
import { versionFields } from './entry.ts';
import { hybridTimeSchema } from './hybrid-clock.ts';
import { instanceIdSchema } from './ids.ts';
import { strategySchema } from './strategy.ts';
import { vectorClockSchema } from './vector-clock.ts';

export const EVENT_TYPES = ['created', 'updated', 'merged', 'deleted', 'expired'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One side of a merge. Its value is in the log, or in the conflict's record. */
const mergedSideSchema = z.object({
  author: instanceIdSchema,
  clock: vectorClockSchema,
  hlc: hybridTimeSchema,
  /** Left out for a write that never was a version of its own. */
  version: z.optional(z.int()),
});

/** One change of one entry, carrying the whole entry that it made. */
export const eventSchema = z.object({
  type: z.enum(EVENT_TYPES),
  ...versionFields,
  /** Of `merged`: what met, and the strategy that made one version of it. */
  merged: z.optional(z.object({ strategy: strategySchema, sides: z.array(mergedSideSchema) })),
});
export type MemoryEvent = z.infer<typeof eventSchema>;
export type MergedSide = z.infer<typeof mergedSideSchema>;
