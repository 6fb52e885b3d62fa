import { canonicalText, type NewTask, TASK_RETRY, type TaskClaim, type TaskId } from '@mnemon/core';
import { type JsonValue, type SpaceId, type Task, taskSchema } from '@mnemon/protocol';
import * as z from 'zod';

/** A task as it is kept; what it carries as text, because fields may look like operators. Times are the database's. */
export interface TaskRow {
  /** `<space>/<id>`: no space's id has a slash. */
  _id: string;
  space: string;
  id: string;
  value: string;
  priority: number;
  index: number;
  state: Task['state'];
  /** Pending or claimed. */
  open: boolean;
  dueAt: Date;
  attempts: number;
  maxAttempts: number;
  /** Without an `attempt` once it was reclaimed. */
  claim?: Pick<TaskClaim, 'instanceId'> & Partial<TaskClaim>;
  result?: string;
  error?: string;
  /** Done and dead ones go when nobody remembers what they were enqueued for. */
  endedAt?: Date;
}

export const taskRowId = ({ space, id }: TaskId): string => `${space}/${id}`;

const after = (ms: unknown) => ({ $add: ['$$NOW', ms] });
const literal = (value: unknown) => ({ $literal: value });

/** `now` is of the clock that claims go by: by another's, a claim just after this could find nothing. */
export function newTaskRow(space: SpaceId, task: NewTask, index: number, now: Date): TaskRow {
  const { id, value, priority, delayMs, maxAttempts } = task;
  return {
    _id: taskRowId({ space, id }),
    space,
    id,
    value: canonicalText(value),
    priority,
    index,
    state: 'pending',
    open: true,
    dueAt: new Date(now.getTime() + delayMs),
    attempts: 0,
    maxAttempts,
  };
}

const ENDED = { open: false, endedAt: '$$NOW' };

/** Claims a task whose time has come; one that has used up its attempts dies instead. */
export function claiming({ instanceId, attempt }: TaskClaim, leaseMs: number) {
  const claimed = {
    state: 'claimed',
    attempts: { $add: ['$attempts', 1] },
    dueAt: after(leaseMs),
    claim: { instanceId: literal(instanceId), attempt: literal(attempt) },
  };
  return [merging({ $cond: [{ $lt: ['$attempts', '$maxAttempts'] }, claimed, { state: 'dead', ...ENDED }] })];
}

export const extending = (leaseMs: number) => [merging({ dueAt: after(leaseMs) })];

export const completing = (result: JsonValue | undefined) => [
  merging({
    state: 'done',
    ...ENDED,
    ...(result !== undefined && { result: literal(canonicalText(result)) }),
  }),
];

export function failing({ error, retry }: { error: string; retry: boolean }) {
  const { firstMs, longestMs } = TASK_RETRY;
  const delayMs = {
    $min: [{ $multiply: [firstMs, { $pow: [2, { $subtract: ['$attempts', 1] }] }] }, longestMs],
  };
  const again = { state: 'pending', dueAt: after({ $toLong: delayMs }) };
  const left = { $lt: ['$attempts', '$maxAttempts'] };
  const dead = { state: 'dead', ...ENDED };
  return [merging({ error: literal(error) }), merging(retry ? { $cond: [left, again, dead] } : dead)];
}

/** Who had it is remembered; the claim is nobody's any more. */
export const reclaiming = () => [
  merging({
    $cond: [{ $lt: ['$attempts', '$maxAttempts'] }, { state: 'pending' }, { state: 'dead', ...ENDED }],
  }),
  { $unset: 'claim.attempt' },
];

const merging = (changed: object) => ({ $replaceWith: { $mergeObjects: ['$$ROOT', changed] } });

const rowSchema = z.object({
  value: z.string(),
  result: z.string().optional(),
  dueAt: z.date(),
  claim: z.object({ instanceId: z.string() }).optional(),
});

export function readTask(row: unknown): Task {
  const { value, result, dueAt, claim } = rowSchema.parse(row);
  return taskSchema.parse({
    ...(row as object),
    value: JSON.parse(value),
    dueAtMs: dueAt.getTime(),
    ...(claim && { claimedBy: claim.instanceId }),
    ...(result !== undefined && { result: JSON.parse(result) }),
  });
}
