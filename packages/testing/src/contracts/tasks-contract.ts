import type { EventLog, Tasks } from '@mnemon/core';
import { beforeAll, describe } from 'vitest';
import type { NewQueue } from './queued-tasks.ts';
import { type MakeStorage, openSpace } from './stored-history.ts';
import { claimTests } from './tasks-claim.ts';
import { endTests } from './tasks-end.ts';
import { enqueueTests } from './tasks-enqueue.ts';
import { leaseTests } from './tasks-lease.ts';
import { listTests } from './tasks-list.ts';

/** What every queue must keep. Each test has a space of its own and leaves rows behind. */
export function tasksContract(name: string, makeStorage: MakeStorage): void {
  describe(`tasks: ${name}`, () => {
    let tasks: Tasks;
    let log: EventLog;
    beforeAll(async () => {
      ({ tasks, log } = await makeStorage());
    });
    const newQueue: NewQueue = async () => (await openSpace(log)).space;
    enqueueTests(() => tasks, newQueue);
    claimTests(() => tasks, newQueue);
    leaseTests(() => tasks, newQueue);
    endTests(() => tasks, newQueue);
    listTests(() => tasks, newQueue);
  });
}
