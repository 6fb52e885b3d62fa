import * as z from 'zod/mini';
import { instanceIdSchema } from './ids.ts';
import { jsonValueSchema } from './json-value.ts';

/** The key that stands for a task wherever grants are asked. */
export const taskKey = (id: string): string => `tasks/${id}`;

/**
 * `pending`: to be claimed from `dueAtMs` on. `claimed`: being worked on, until `dueAtMs`; then it may be claimed anew.
 * `done` and `dead`, which means that it was given up, stay so.
 */
export const TASK_STATES = ['pending', 'claimed', 'done', 'dead'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const taskSchema = z.object({
  id: z.string(),
  value: jsonValueSchema,
  /** The greatest first; of those that are equal, the least `index`. */
  priority: z.int(),
  index: z.int(),
  state: z.enum(TASK_STATES),
  /** By the store's clock. */
  dueAtMs: z.number(),
  /** How often it was claimed. */
  attempts: z.int(),
  maxAttempts: z.int(),
  /** Who has it, or had it last. */
  claimedBy: z.optional(instanceIdSchema),
  result: z.optional(jsonValueSchema),
  /** Why the last attempt failed, as its worker said. */
  error: z.optional(z.string()),
});
export type Task = z.infer<typeof taskSchema>;

export const taskCountsSchema = z.object({
  /** With those whose lease has ended. */
  pending: z.int(),
  claimed: z.int(),
  done: z.int(),
  dead: z.int(),
});
export type TaskCounts = z.infer<typeof taskCountsSchema>;
