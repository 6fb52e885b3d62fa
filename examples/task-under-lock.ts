/**
 * Three workers want the same task, which must be done once. Whoever has its lock does it; a write that carries the lock is
 * refused should it have been lost meanwhile.
 *
 *     npx tsx examples/task-under-lock.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const TASK = '42';

/** Whether it was this worker who did the task. */
async function execute(worker: MemorySyncManager): Promise<boolean> {
  if (!(await worker.acquireTaskLock(TASK))) return false;
  try {
    const before = await worker.read(`tasks/${TASK}/state`, { mode: 'server' });
    const lock = worker.taskLock(TASK);
    if (before !== null || !lock) return false; // another was faster, and has released the lock already
    await worker.syncTaskProgress(TASK, 0.5, 'halfway');
    await worker.write(`tasks/${TASK}/state`, { doneBy: worker.workerId }, { lock });
    return true;
  } finally {
    await worker.releaseTaskLock(TASK);
  }
}

try {
  const names = ['worker-1', 'worker-2', 'worker-3'];
  const workers = await Promise.all(
    names.map((workerId) => MemorySyncManager.connect({ workerId, url, token })),
  );
  const did = await Promise.all(workers.map(execute));
  assert.equal(did.filter(Boolean).length, 1, 'exactly one of them');
  for (const worker of workers) {
    assert.deepEqual(await worker.getTaskState(TASK), { doneBy: names[did.indexOf(true)] });
  }
  await Promise.all(workers.map((worker) => worker.shutdown()));
  console.log('The task was done once.');
} finally {
  await leave();
}
