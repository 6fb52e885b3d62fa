import * as z from 'zod/mini';
import { instanceIdSchema } from './ids.ts';
import { jsonValueSchema, valueProblem } from './json-value.ts';
import { keyProblem } from './key.ts';
import { LIMITS } from './limits.ts';
import { utf8Length } from './utf8-length.ts';

/** The key that stands for a task wherever grants are asked. */
export const taskKey = (id: string): string => `tasks/${id}`;

/** What follows `tasks/` in a key. */
export const taskIdSchema = z.string().check(
  z.superRefine((id, issues) => {
    const problem = keyProblem(taskKey(id));
    if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-key' } });
  }),
);

/** What a task carries in and out: together they have to fit a frame. */
export const taskValueSchema = jsonValueSchema.check(
  z.superRefine((value, issues) => {
    if (valueProblem(value) || utf8Length(JSON.stringify(value)) <= LIMITS.taskValueBytes) return;
    const message = `a task's value has at most ${LIMITS.taskValueBytes} bytes of JSON`;
    issues.addIssue({ code: 'custom', message, params: { code: 'value-too-large' } });
  }),
);

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
