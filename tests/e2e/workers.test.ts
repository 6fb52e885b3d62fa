import type { Task } from '@mnemon/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kill, startProgram } from './child-program.ts';
import { engines } from './engines.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';
import { workUntilClosed } from './work.ts';

const HERE = 24;
const PROCESSES = 2;
const PER_PROCESS = 4;
const WORKERS = HERE + PROCESSES * PER_PROCESS;

describe.each(engines)('workers, on $name', ({ backends }) => {
  // A claim there is several round trips to a database that writes to a disk.
  const count = backends.mongodbUrl ? 150 : 1_000;
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud(backends);
  });
  afterAll(() => cloud.close());

  test(`${WORKERS} on ${count} tasks, some killed at work: each is done once, and none is lost`, {
    timeout: 240_000,
  }, async () => {
    const space = cloud.newSpace();
    const token = await cloud.issueToken({ space });
    const boss = await cloud.connect(space, 'boss');
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
    const kills = processes.map(async (child, i) => {
      for (let left = 10 * (i + 1); left > 0; left--) {
        await new Promise<void>((resolve) =>
          child.once('message', (id) => resolve(note(`${i}`)(id as string))),
        );
      }
      child.on('message', (id) => note(`${i}`)(id as string));
      await kill(child);
    });
    const names = Array.from({ length: HERE }, (_, i) => `worker-${i}`);
    const workers = await Promise.all(names.map((name) => cloud.connect(space, name)));
    const working = workers.map((worker, i) =>
      workUntilClosed(worker, names[i] as string, note(names[i] as string)),
    );
    const ids = Array.from({ length: count }, (_, i) => `t${i}`);
    await Promise.all(ids.map((id, i) => boss.tasks.enqueue(i, { id, priority: i % 3, maxAttempts: 50 })));
    await Promise.all(kills);
    const all = { pending: 0, claimed: 0, done: count, dead: 0 };
    await expect.poll(() => boss.tasks.count(), { timeout: 120_000, interval: 250 }).toEqual(all);
    await Promise.all([...workers, boss].map((each) => each.close()));
    await Promise.all(working);
    const reader = await cloud.connect(space, 'reader');
    const results = new Map<string, Task>();
    for (let page: string | undefined; ; ) {
      const listed = await reader.tasks.list({ state: 'done', ...(page !== undefined && { page }) });
      for (const task of listed.tasks) results.set(task.id, task);
      page = listed.page;
      if (page === undefined) break;
    }
    expect([...results.keys()].sort()).toEqual(ids.toSorted());
    for (const [id, { result }] of results) {
      const { by } = result as { by: string };
      const claimants = done.get(id) ?? [];
      expect(claimants.length, `${id} was done once`).toBeLessThanOrEqual(1);
      // Of what a killed process completed last, nobody may have heard.
      if (claimants.length === 0) expect(by).toMatch(/^process-/);
      else
        expect(by.startsWith(claimants[0] as string) || by.startsWith(`process-${claimants[0]}-`), id).toBe(
          true,
        );
    }
    await reader.close();
  });
});
