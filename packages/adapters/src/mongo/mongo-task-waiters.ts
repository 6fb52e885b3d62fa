import type { TaskClaim, TaskWaiter, TaskWaiters } from '@mnemon/core';
import { instanceIdSchema, matches, type SpaceId, taskKey } from '@mnemon/protocol';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';

/** A claim that waits. The server's clock times it: a notice that is late or missing costs time, no more. */
export interface TaskWaiterRow {
  /** `<space>/<instance>/<attempt>`: none of them has a slash. */
  _id: string;
  space: string;
  instanceId: string;
  attempt: string;
  connectionId: string;
  patterns?: string[];
  since: Date;
  until: Date;
}

const rowId = (space: SpaceId, { instanceId, attempt }: TaskClaim): string =>
  `${space}/${instanceId}/${attempt}`;

const rowSchema = z.object({
  _id: z.string(),
  instanceId: instanceIdSchema,
  attempt: z.string(),
  connectionId: z.string(),
  patterns: z.array(z.string()).optional(),
});

/** Who waits for tasks, in MongoDB. */
export function mongoTaskWaiters({ db, now = Date.now }: { db: Db; now?: () => number }): TaskWaiters {
  const { taskWaiters } = collectionsOf(db);

  return reachable<TaskWaiters>({
    async add(space, { instanceId, attempt, connectionId, patterns }, waitMs) {
      const [since, until] = [new Date(now()), new Date(now() + waitMs)];
      const row = { space, instanceId, attempt, connectionId, since, until };
      const replacement = { ...row, ...(patterns && { patterns: [...patterns] }) };
      const _id = rowId(space, { instanceId, attempt });
      const replace = () => taskWaiters.replaceOne({ _id }, replacement, { upsert: true });
      await replace().catch((error) => {
        if (!isDuplicate(error)) throw error;
        return replace(); // of two that insert at once, the second finds the first's
      });
    },

    async remove(space, claim) {
      const row = await taskWaiters.findOneAndDelete({ _id: rowId(space, claim) });
      return row !== null && row.until.getTime() > now();
    },

    async take(space, taskId): Promise<TaskWaiter | undefined> {
      const waiting = taskWaiters.find({ space, until: { $gt: new Date(now()) } }).sort({ since: 1 });
      for await (const found of waiting) {
        const { _id, ...waiter } = rowSchema.parse(found);
        const { patterns } = waiter;
        if (patterns && !patterns.some((pattern) => matches(pattern, taskKey(taskId)))) continue;
        if ((await taskWaiters.deleteOne({ _id })).deletedCount === 1) return waiter; // else another was faster
      }
      return undefined;
    },
  });
}
