/**
 * A coordinator gives work to the workers that are there, and hears of one that has left.
 *
 *     npx tsx examples/worker-coordination.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';
import { listen } from './local-cloud/listen.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const join = (workerId: string) => MemorySyncManager.connect({ workerId, url, token });
try {
  const [coordinator, one, two] = await Promise.all([
    join('coordinator'),
    join('worker-1'),
    join('worker-2'),
  ]);
  await one.syncWorkerStatus('worker-1', { state: 'idle', capacity: 3 });
  await two.syncWorkerStatus('worker-2', { state: 'busy', capacity: 1 });
  await Promise.all([one.forceSync(), two.forceSync()]);

  const active = await coordinator.getActiveWorkers();
  const free = active.find(({ state }) => state === 'idle');
  assert.equal(free?.workerId, 'worker-1');
  assert.ok(active.some(({ workerId }) => workerId === 'worker-2'));

  const assigned = new Promise((resolve) => one.on('change', ({ value }) => resolve(value)));
  await listen(one, 'coordination/assignments', () => {});
  await coordinator.syncAssignments({ 'task-42': free.workerId });
  assert.deepEqual(await assigned, { 'task-42': 'worker-1' });

  const gone = new Promise<string>((resolve) => {
    coordinator.on('change', ({ key, value }) => {
      if (JSON.stringify(value) === '{"state":"offline"}') resolve(key);
    });
  });
  await listen(coordinator, 'workers/*/status', () => {});
  await one.shutdown();
  assert.equal(await gone, 'task-sentinel/workers/worker-1/status');
  const left = (await coordinator.getActiveWorkers()).map(({ workerId }) => workerId);
  assert.deepEqual(left.includes('worker-1'), false);

  await Promise.all([coordinator.shutdown(), two.shutdown()]);
  console.log('The coordinator knows who works, and who has left.');
} finally {
  await leave();
}
