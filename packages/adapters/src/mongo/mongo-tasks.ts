import type { NewTask, TaskClaim, TaskId, Tasks } from '@mnemon/core';
import { matches, type SpaceId, spaceIdSchema, type Task, taskKey } from '@mnemon/protocol';
import type { Db, Document, Filter } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { databaseNow } from './database-now.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { nextTaskIndex } from './space-row.ts';
import {
  claiming,
  completing,
  extending,
  failing,
  newTaskRow,
  readTask,
  reclaiming,
  type TaskRow,
  taskRowId,
} from './task-row.ts';

const IN_ORDER = { priority: -1, index: 1 } as const;

/** The queue in MongoDB. Its clock alone times leases and delays. */
export function mongoTasks({ db }: { db: Db }): Tasks {
  const { tasks, spaces } = collectionsOf(db);

  async function enqueue(space: SpaceId, task: NewTask): ReturnType<Tasks['enqueue']> {
    const existing = await tasks.findOne({ _id: taskRowId({ space, id: task.id }) });
    if (existing) return { created: false, task: readTask(existing) };
    const [index, now] = await Promise.all([nextTaskIndex(spaces, space), databaseNow(db)]);
    if (index === undefined) return undefined;
    const row = newTaskRow(space, task, index, now);
    try {
      await tasks.insertOne(row);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return enqueue(space, task); // of two that insert at once, the second finds the first's
    }
    return { created: true, task: readTask(row) };
  }

  /** Changes a task that is claimed so; one that this claim has changed already is answered as it is. */
  async function change(task: TaskId, claim: TaskClaim, step: Document[]): Promise<Task | undefined> {
    const claimed = { _id: taskRowId(task), ...claimedAs(claim) };
    const row =
      (await tasks.findOneAndUpdate({ ...claimed, state: 'claimed' }, step, { returnDocument: 'after' })) ??
      (await tasks.findOne(claimed));
    return row === null ? undefined : readTask(row);
  }

  /** The first due task in order that matches; only its name, for it may be another's when this one comes to claim it. */
  async function firstOf(due: Filter<TaskRow>, patterns: readonly string[]): Promise<string | undefined> {
    for await (const row of tasks.find(due, { projection: { id: 1 } }).sort(IN_ORDER)) {
      const { id } = idSchema.parse(row);
      if (patterns.some((pattern) => matches(pattern, taskKey(id)))) return id;
    }
    return undefined;
  }

  async function claimOne(filter: Filter<TaskRow>, claim: TaskClaim, leaseMs: number) {
    const row = await tasks.findOneAndUpdate(filter, claiming(claim, leaseMs), {
      sort: IN_ORDER,
      returnDocument: 'after',
    });
    return row === null ? undefined : readTask(row);
  }

  return reachable<Tasks>({
    enqueue,

    async claim(space, claim, { leaseMs, patterns, resend }) {
      const mine = resend && (await tasks.findOne({ space, ...claimedAs(claim), state: 'claimed' }));
      if (mine) return readTask(mine);
      for (;;) {
        const due = { space, open: true, dueAt: { $lte: await databaseNow(db) } };
        const id = patterns && (await firstOf(due, patterns));
        if (patterns && id === undefined) return undefined;
        const one = id === undefined ? {} : { _id: taskRowId({ space, id }) };
        const task = await claimOne({ ...due, ...one }, claim, leaseMs);
        // A task that died in place of being claimed, or one that another was faster to claim: look further.
        if (task ? task.state === 'claimed' : !patterns) return task;
      }
    },

    extend: (task, claim, leaseMs) => change(task, claim, extending(leaseMs)),
    complete: (task, claim, result) => change(task, claim, completing(result)),
    fail: (task, claim, failure) => change(task, claim, failing(failure)),

    async reclaim(limit) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const lapsed = { state: 'claimed' as const, dueAt: { $lte: await databaseNow(db) } };
      const found = tasks
        .find(lapsed, { projection: { _id: 1 } })
        .sort({ dueAt: 1 })
        .limit(limit);
      const rows = await Promise.all(
        (await found.toArray()).map(({ _id }) =>
          tasks.findOneAndUpdate({ _id, ...lapsed }, reclaiming(), { returnDocument: 'after' }),
        ),
      );
      return rows.flatMap((row) =>
        row ? [{ space: spaceIdSchema.parse(row.space), task: readTask(row) }] : [],
      );
    },

    async get(task) {
      const row = await tasks.findOne({ _id: taskRowId(task) });
      return row === null ? undefined : readTask(row);
    },

    async list(space, { state, after, limit }) {
      const later = after && [
        { priority: { $lt: after.priority } },
        { priority: after.priority, index: { $gt: after.index } },
      ];
      const rows = tasks.find({ space, state, ...(later && { $or: later }) }).sort(IN_ORDER);
      return (await rows.limit(limit).toArray()).map(readTask);
    },

    async outlook(space) {
      const now = await databaseNow(db);
      const first = (dueAt: Filter<Date>) =>
        tasks
          .find({ space, open: true, dueAt })
          .sort({ dueAt: 1 })
          .project({ id: 1, dueAt: 1 })
          .limit(1)
          .next();
      const [due, next] = await Promise.all([first({ $lte: now }), first({ $gt: now })]);
      return {
        ...(due && { dueId: dueSchema.parse(due).id }),
        ...(next && { nextMs: dueSchema.parse(next).dueAt.getTime() - now.getTime() }),
      };
    },

    async count(space) {
      const isBack = { $and: [{ $eq: ['$state', 'claimed'] }, { $lte: ['$dueAt', await databaseNow(db)] }] };
      const state = { $cond: [isBack, 'pending', '$state'] };
      const byState = { _id: '$state', count: { $sum: 1 } };
      const steps = [{ $match: { space } }, { $project: { state } }, { $group: byState }];
      const rows = await tasks.aggregate(steps).toArray();
      const counts = rows.map((row) => countSchema.parse(row)).map(({ _id, count }) => [_id, count]);
      return { pending: 0, claimed: 0, done: 0, dead: 0, ...Object.fromEntries(counts) };
    },
  });
}

const idSchema = z.object({ id: z.string() });
const dueSchema = z.object({ id: z.string(), dueAt: z.date() });
const countSchema = z.object({ _id: z.enum(['pending', 'claimed', 'done', 'dead']), count: z.int() });

const claimedAs = ({ instanceId, attempt }: TaskClaim) => ({
  'claim.attempt': attempt,
  'claim.instanceId': instanceId,
});
