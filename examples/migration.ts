/**
 * Code that was written for the class which this one replaces: only its import line and the address are new. What that class
 * claimed is true here, for instances in different processes, too.
 *
 *     npx tsx examples/migration.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
// Before: import { MemorySyncManager } from './memory-sync-manager';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
try {
  const manager = new MemorySyncManager({ workerId: 'worker-1', url, token, batchInterval: 100 });
  const other = new MemorySyncManager({ workerId: 'worker-2', url, token });

  const changed = new Promise<string>((resolve) => {
    other.subscribe('task-sentinel/*', { onChange: (key) => key.endsWith('/state') && resolve(key) });
  });
  await new Promise<void>((resolve) => other.once('subscribed', () => resolve()));

  await manager.syncTaskState('42', { status: 'running' });
  assert.deepEqual(await manager.getTaskState('42'), { status: 'running' }, 'read before a flush');
  assert.equal(await changed, 'task-sentinel/tasks/42/state', 'another instance hears of it');
  assert.deepEqual(await other.searchKeys('tasks/*/state'), ['task-sentinel/tasks/42/state']);

  assert.equal(await manager.acquireTaskLock('42'), true);
  assert.equal(await other.acquireTaskLock('42'), false, 'a lock has one holder');
  assert.equal(await other.releaseTaskLock('42'), false, 'and nobody else releases it');
  assert.equal(await manager.releaseTaskLock('42'), true);

  await manager.write('session', 'short', { ttl: 1 });
  await manager.delete('tasks/42/state');
  await manager.forceSync();
  assert.equal(await other.read('tasks/42/state', { mode: 'server' }), null, 'what is deleted stays so');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(await other.read('session', { mode: 'server' }), null, 'a lifetime ends');

  assert.equal(manager.getMetrics().pendingWrites, 0);
  await Promise.all([manager.shutdown(), other.shutdown()]);
  console.log('The old code works, and keeps its promises.');
} finally {
  await leave();
}
