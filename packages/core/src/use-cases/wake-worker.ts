import type { SpaceId, TaskFrame } from '@mnemon/protocol';
import type { Ports } from '../ports/ports.ts';

/**
 * Tells one worker that waits of a task that it may claim. One is enough: who is told and takes it wakes the next while
 * there is more. A notice that gets lost costs time, no more.
 */
export async function wakeWorker(
  { taskWaiters, fanout, clock }: Pick<Ports, 'taskWaiters' | 'fanout' | 'clock'>,
  space: SpaceId,
  taskId: string,
): Promise<void> {
  for (;;) {
    const waiter = await taskWaiters.take(space, taskId);
    if (!waiter) return;
    const { connectionId, attempt } = waiter;
    const frame: TaskFrame = {
      type: 'task',
      id: '',
      timestamp: clock.now(),
      payload: { is: 'available', attempt },
    };
    const [result] = await fanout.post([{ connectionId, frames: [JSON.stringify(frame)] }]);
    if (result !== 'gone') return;
  }
}
