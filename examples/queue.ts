/**
 * A queue of orders and three workers: each order is done once, urgent ones first, and one that fails is tried again.
 *
 *     npx tsx examples/queue.ts [URL TOKEN]
 */
import assert from 'node:assert/strict';
import { MemorySyncManager } from '@mnemon/client';
import { cloudFor } from './local-cloud/cloud-for.ts';

const { url, token, leave } = await cloudFor(process.argv.slice(2));
const join = (workerId: string) => MemorySyncManager.connect({ workerId, url, token });
const RUN = Date.now();
const ORDERS = 12;
/** Of this run: a task's id is never taken twice. */
const idOf = (n: number) => `order-${RUN}-${n}`;
const done: string[] = [];

async function work(worker: MemorySyncManager): Promise<void> {
  while (done.length < ORDERS) {
    const task = await worker.tasks.claim({ waitMs: 500 }); // told when there is one
    if (!task) continue;
    if (task.id === idOf(3) && task.attempts === 1) {
      await worker.tasks.fail(task, 'the printer is out of paper');
      continue;
    }
    await worker.tasks.complete(task, { by: worker.workerId });
    done.push(task.id);
  }
}

try {
  const [shop, ...workers] = await Promise.all(['shop', 'worker-1', 'worker-2', 'worker-3'].map(join));
  assert(shop);
  for (let i = 0; i < ORDERS; i++) {
    await shop.tasks.enqueue({ pages: i }, { id: idOf(i), priority: i === 9 ? 1 : 0 });
  }
  const again = await shop.tasks.enqueue({ pages: 0 }, { id: idOf(0) });
  assert.equal(again.created, false, 'an order that is there already is not taken twice');

  const urgent = await shop.tasks.claim();
  assert(urgent?.id === idOf(9), 'the urgent one comes first');
  await shop.tasks.complete(urgent, { by: 'shop' });
  done.push(urgent.id);

  await Promise.all(workers.map(work));
  assert.equal(new Set(done).size, ORDERS);
  assert.equal((await shop.tasks.get(idOf(3)))?.attempts, 2);
  assert.deepEqual(await shop.tasks.unfinished(), { pending: [], processing: [] });
  await Promise.all([shop, ...workers].map((each) => each.shutdown()));
  console.log('Every order was done once.');
} finally {
  await leave();
}
