import * as z from 'zod/mini';
import { versionFields } from './entry.ts';

export const EVENT_TYPES = ['created', 'updated', 'merged', 'deleted'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One change of one entry, carrying the whole entry that it made. */
export const eventSchema = z.object({ type: z.enum(EVENT_TYPES), ...versionFields });
export type MemoryEvent = z.infer<typeof eventSchema>;
