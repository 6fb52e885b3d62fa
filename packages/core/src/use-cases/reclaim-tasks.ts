import type { Ports } from '../ports/ports.ts';
import { wakeWorker } from './wake-worker.ts';

const TASKS_PER_PAGE = 100;
/** So that it ends well within its invocation. */
const TURN_MS = 10_000;

/**
 * Ends the claims of workers that did not come back in time: their tasks are pending again, and who waits for one is told, or
 * dead. Answers how many. Bounded in time; may run twice at once. Who dies before somebody was told costs time, no more.
 */
export async function reclaimTasks(
  ports: Pick<Ports, 'tasks' | 'taskWaiters' | 'fanout' | 'clock'>,
): Promise<number> {
  const endMs = ports.clock.now() + TURN_MS;
  let count = 0;
  for (;;) {
    const page = await ports.tasks.reclaim(TASKS_PER_PAGE);
    count += page.length;
    for (const { space, task } of page) {
      if (task.state === 'pending') await wakeWorker(ports, space, task.id);
    }
    if (page.length === 0 || ports.clock.now() >= endMs) return count;
  }
}
