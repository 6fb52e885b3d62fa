import { isClaimLost, isClosed, type Mnemon } from '@mnemon/client';

/** Short: what a killed worker held comes back soon. */
const LEASE_MS = 3_000;

/** Does tasks, one after the other, until the client is closed. `onDone` hears of each that this worker has completed. */
export async function workUntilClosed(
  { tasks }: Mnemon,
  by: string,
  onDone: (id: string) => void,
): Promise<void> {
  try {
    for (;;) {
      const task = await tasks.claim({ leaseMs: LEASE_MS, waitMs: 60_000 });
      if (!task) continue;
      await tasks.complete(task, { by }).then(
        () => onDone(task.id),
        (error) => {
          if (!isClaimLost(error)) throw error; // it took so long that another did it
        },
      );
    }
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}
