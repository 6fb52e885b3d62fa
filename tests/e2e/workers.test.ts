import type { Mnemon, Task } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kill, startProgram } from './child-program.ts';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';
import { workUntilClosed } from './work.ts';

const PROCESSES = 2;
const PER_PROCESS = 4;

describe.each(engines)('workers, on $name', ({ backends }) => {
  // Fewer where a claim is several round trips to a database that writes to a disk.
  const [count, here] = backends.mongodbUrl ? [150, 8] : [1_000, 24];
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test(`${here + PROCESSES * PER_PROCESS} on ${count} tasks, some killed at work: each is done once, and none is lost`, {
    timeout: 240_000,
  }, async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const done = new Map<string, string[]>();
    const note = (by: string) => (id: string) => void done.set(id, [...(done.get(id) ?? []), by]);
    const numbers = Array.from({ length: PROCESSES }, (_, i) => i);
    const processes = await Promise.all(
      numbers.map((i) => {
        const names = Array.from({ length: PER_PROCESS }, (_, j) => `process-${i}-${j}`);
        return startProgram('worker.fixture.ts', [cloud.url, token, ...names]);
      }),
    );
    // Each is killed when it has done some, its workers with a task in their hands or about to have one.
    const kills = processes.map(
      (child, i) =>
        new Promise<void>((resolve) => {
          let left = 10 * (i + 1);
          child.on('message', (id) => {
            note(`${i}`)(id as string);
            if (--left === 0) void kill(child).then(resolve);
          });
        }),
    );
    const names = Array.from({ length: here }, (_, i) => `worker-${i}`);
    const workers: Mnemon[] = [];
    for (const name of names) workers.push(await cloud.connect(space, name));
    const working = workers.map((worker, i) =>
      workUntilClosed(worker, names[i] as string, note(names[i] as string)),
    );
    const boss = await cloud.connect(space, 'boss');
    const ids = Array.from({ length: count }, (_, i) => `t${i}`);
    await Promise.all(ids.map((id, i) => boss.tasks.enqueue(i, { id, priority: i % 3, maxAttempts: 50 })));
    await Promise.all(kills);
    const all = { pending: 0, claimed: 0, done: count, dead: 0 };
    await expect.poll(() => boss.tasks.count(), { timeout: 120_000, interval: 250 }).toEqual(all);
    const results = new Map<string, Task>();
    for (let page: string | undefined; ; ) {
      const listed = await boss.tasks.list({ state: 'done', ...(page !== undefined && { page }) });
      for (const task of listed.tasks) results.set(task.id, task);
      page = listed.page;
      if (page === undefined) break;
    }
    expect([...results.keys()].sort()).toEqual(ids.toSorted());
    const byOf = ({ result }: Task) => (result as { by: string }).by;
    // The last acks are on their way. Of what a killed process completed last, nobody may ever hear.
    const unheard = () => [...results.values()].filter(({ id }) => !done.has(id)).map(byOf);
    await expect
      .poll(() => unheard().filter((by) => !by.startsWith('process-')), { timeout: 20_000 })
      .toEqual([]);
    await Promise.all([...workers, boss].map((each) => each.close()));
    await Promise.all(working);
    for (const [id, task] of results) {
      const by = byOf(task);
      const completed = done.get(id) ?? [];
      expect(completed.length, `${id} was done once`).toBeLessThanOrEqual(1);
      const [who = by] = completed;
      expect(by === who || by.startsWith(`process-${who}-`), `${id} by ${by}, heard of ${who}`).toBe(true);
    }
  });
});
