import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { taskCountsSchema, taskSchema } from '../task.ts';
import { attemptSchema } from './lock-answer.ts';

/** In the order in which they are claimed. A page may be empty and still not the last. */
export const taskPageSchema = z.object({ tasks: z.array(taskSchema), page: z.optional(z.string()) });
export type TaskPage = z.infer<typeof taskPageSchema>;

export const taskAnswerPayloadSchema = z.discriminatedUnion('is', [
  /** `created`: false when there was a task of this id already; it stays as it is. */
  z.object({ is: z.literal('enqueued'), created: z.boolean(), task: taskSchema }),
  /** Without a task there is nothing to do now. Who waits asks again after `againMs`, if it is not told before. */
  z.object({ is: z.literal('claimed'), task: z.optional(taskSchema), againMs: z.optional(z.number()) }),
  /** Pushed, with an empty `id`, to the connection of a claim that waits: it is worth asking now. */
  z.object({ is: z.literal('available'), attempt: attemptSchema }),
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
