import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { jsonValueSchema, valueProblem } from '../json-value.ts';
import { keyProblem } from '../key.ts';
import { LIMITS } from '../limits.ts';
import { pagingFields } from '../paging.ts';
import { TASK_STATES, taskKey } from '../task.ts';
import { utf8Length } from '../utf8-length.ts';
import { leaseMsSchema } from './lock.ts';
import { attemptSchema } from './lock-answer.ts';

/** What follows `tasks/` in a key. */
export const taskIdSchema = z.string().check(
  z.superRefine((id, issues) => {
    const problem = keyProblem(taskKey(id));
    if (problem) issues.addIssue({ code: 'custom', message: problem, params: { code: 'bad-key' } });
  }),
);

/** What a task carries in and out: together they have to fit a frame. */
const taskValueSchema = jsonValueSchema.check(
  z.superRefine((value, issues) => {
    if (valueProblem(value) || utf8Length(JSON.stringify(value)) <= LIMITS.taskValueBytes) return;
    const message = `a task's value has at most ${LIMITS.taskValueBytes} bytes of JSON`;
    issues.addIssue({ code: 'custom', message, params: { code: 'value-too-large' } });
  }),
);

const id = taskIdSchema;
/** The claim under which a worker has the task. */
const attempt = attemptSchema;

export const enqueueSchema = z.strictObject({
  do: z.literal('enqueue'),
  id,
  value: taskValueSchema,
  priority: z.int(),
  /** How long nobody may claim it. */
  delayMs: z.int().check(z.gte(0), z.lte(LIMITS.ttlMs)),
  maxAttempts: z.int().check(z.gte(1), z.lte(LIMITS.taskAttempts)),
});
export type Enqueue = Omit<z.infer<typeof enqueueSchema>, 'do'>;

/**
 * `resend`: the claim may have been granted, or noted as waiting, already under this `attempt`. With `waitMs`, a connection
 * that finds nothing is told when there is a task within that time.
 */
export const claimSchema = z.strictObject({
  do: z.literal('claim'),
  attempt,
  leaseMs: leaseMsSchema,
  resend: z.optional(z.boolean()),
  waitMs: z.optional(z.int().check(z.gte(0), z.lte(LIMITS.taskWaitMs))),
});
export const extendSchema = z.strictObject({ do: z.literal('extend'), id, attempt, leaseMs: leaseMsSchema });
export const completeSchema = z.strictObject({
  do: z.literal('complete'),
  id,
  attempt,
  result: z.optional(taskValueSchema),
});
export const failSchema = z.strictObject({
  do: z.literal('fail'),
  id,
  attempt,
  error: z.string().check(z.maxLength(LIMITS.taskErrorLength)),
  retry: z.boolean(),
});

export const taskRequestSchema = z.discriminatedUnion('do', [
  enqueueSchema,
  claimSchema,
  extendSchema,
  completeSchema,
  failSchema,
  z.strictObject({ do: z.literal('get'), id }),
  z.strictObject({ do: z.literal('list'), state: z.enum(TASK_STATES), ...pagingFields }),
  z.strictObject({ do: z.literal('count') }),
]);
export type TaskRequest = z.infer<typeof taskRequestSchema>;

/** Puts a task into the space's queue, takes one out, or says what became of it. */
export const taskMessageSchema = envelope('task', taskRequestSchema);
