/**
 * A hundred writes at once travel as one frame, and fifty of one key as one operation.
 *
 *     npx tsx examples/batching.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
try {
  const manager = await MemorySyncManager.connect({ workerId: 'writer', url, token, batchInterval: 100 });
  const batches: number[] = [];
  manager.on('batch-flushed', ({ writes }) => batches.push(writes));

  for (let i = 0; i < 100; i++) void manager.write(`points/${i}`, { x: i });
  assert.deepEqual(await manager.read('points/99'), { x: 99 }, 'readable before anything has left');
  await manager.forceSync();
  assert.deepEqual(batches.splice(0), [100], 'all of them together');

  for (let percent = 1; percent <= 50; percent++) void manager.write('progress', percent);
  await manager.forceSync();
  assert.deepEqual(batches, [1], 'of one key, only the newest counts');
  assert.equal(await manager.read('progress', { mode: 'server' }), 50);
  await manager.shutdown();
  console.log('A hundred writes, one frame.');
} finally {
  await leave();
}
