/**
 * What a manager tells of itself: events as things happen, and metrics when asked.
 *
 *     npx tsx examples/monitoring.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';
import { listen } from './local-cloud/listen.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const join = (workerId: string) => MemorySyncManager.connect({ workerId, url, token });
const READINGS = 20;
const readings = `readings/${Date.now()}`; // of this run
try {
  const [sensor, monitor] = await Promise.all([join('sensor'), join('monitor')]);
  sensor.on('batch-flushed', ({ writes, ackMs }) => console.log(`${writes} writes acked in ${ackMs} ms`));
  monitor.on('reconnecting', () => console.log('the connection is away'));

  let heard = 0;
  const complete = new Promise<void>((resolve) => {
    monitor.on('change', () => ++heard === READINGS && resolve());
  });
  await listen(monitor, `${readings}/*`, () => {});
  for (let i = 0; i < READINGS; i++) await sensor.write(`${readings}/${i}`, { celsius: 20 + i / 10 });
  await sensor.forceSync();
  await complete;
  await monitor.read(`${readings}/0`);

  const [wrote, saw] = [sensor.getMetrics(), monitor.getMetrics()];
  console.table({ sensor: { ...wrote.ack, writes: wrote.writes }, monitor: { ...saw.propagation } });
  assert.equal(wrote.writes, READINGS);
  assert.ok(wrote.syncs > 0 && wrote.pendingWrites === 0);
  assert.ok(wrote.ack.count > 0 && saw.propagation.count > 0);
  assert.equal(saw.subscriptions, 1);
  assert.equal(saw.vectorClock.sensor, 1, 'each key was written once');
  assert.deepEqual([saw.reads, saw.gaps, saw.reconnects], [1, 0, 0]);
  await Promise.all([sensor.shutdown(), monitor.shutdown()]);
  console.log('All is well, and the metrics say so.');
} finally {
  await leave();
}
