import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { LIMITS } from '../limits.ts';
import { pagingFields } from '../paging.ts';
import { TASK_STATES, taskCountsSchema, taskIdSchema, taskSchema, taskValueSchema } from '../task.ts';
import { attemptSchema, leaseMsSchema } from './lock.ts';

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

/** In the order in which they are claimed. A page may be empty and still not the last. */
export const taskPageSchema = z.object({ tasks: z.array(taskSchema), page: z.optional(z.string()) });
export type TaskPage = z.infer<typeof taskPageSchema>;

export const taskAnswerPayloadSchema = z.discriminatedUnion('is', [
  /** `created`: false when there was a task of this id already; it stays as it is. */
  z.object({ is: z.literal('enqueued'), created: z.boolean(), task: taskSchema }),
  /** Without a task there is nothing to do now. Who waits asks again after `againMs`, if it is not told before. */
  z.object({ is: z.literal('claimed'), task: z.optional(taskSchema), againMs: z.optional(z.number()) }),
  /** Pushed, with an empty `id`, to the connection of a claim that waits: it is worth asking now. */
  z.object({ is: z.literal('available'), attempt }),
  /** As it is after `extend`, `complete` or `fail`. */
  z.object({ is: z.literal('changed'), task: taskSchema }),
  /** The claim is over: another has the task, or had it. */
  z.object({ is: z.literal('lost') }),
  z.object({ is: z.literal('found'), task: z.optional(taskSchema) }),
  z.object({ is: z.literal('listed'), ...taskPageSchema.shape }),
  z.object({ is: z.literal('counted'), counts: taskCountsSchema }),
]);
export type TaskAnswer = z.infer<typeof taskAnswerPayloadSchema>;

export const taskAnswerSchema = envelope('task', taskAnswerPayloadSchema);
export type TaskFrame = z.infer<typeof taskAnswerSchema>;
