import { claimTask, endTask, enqueueTask, listTasks } from '@mnemon/core';
import type { TaskAnswer, TaskRequest } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../answer-of.ts';
import { stopBefore } from './stopped-ports.ts';
import { type Client, join, makeWorld, type World } from './world.ts';

type Claim = Extract<TaskRequest, { do: 'claim' }>;
const WAITING = { leaseMs: 60_000, waitMs: 30_000 };

async function claim(world: World, { caller }: Client, more: Partial<Claim> = {}, ports = world.ports) {
  const request = { attempt: `claim-of-${caller.instanceId}`, ...WAITING, ...more };
  return saidBy<'claimed'>(await claimTask(ports, caller, request));
}

const saidBy = <Is extends TaskAnswer['is']>(answered: Awaited<ReturnType<typeof claimTask>>) =>
  answerOf(answered) as Extract<TaskAnswer, { is: Is }>;

const enqueue = (world: World, { caller }: Client, id: string, delayMs = 0) =>
  enqueueTask(world.ports, caller, { id, value: id, priority: 0, delayMs, maxAttempts: 3 });

const toldOf = ({ frames }: Client) =>
  frames.flatMap(({ type, payload }) =>
    type === 'task' && payload.is === 'available' ? [payload.attempt] : [],
  );

describe('a claim that waits', () => {
  test('is told of a task that is put in later, and nobody else is', async () => {
    const world = makeWorld();
    const [ann, bob, boss] = [await join(world, 'ann'), await join(world, 'bob'), await join(world, 'boss')];
    for (const worker of [ann, bob]) {
      expect(await claim(world, worker)).toEqual({ is: 'claimed', againMs: 10_000 });
      world.pass(1);
    }
    await enqueue(world, boss, 'a');
    expect([toldOf(ann), toldOf(bob), toldOf(boss)]).toEqual([['claim-of-ann'], [], []]);
    expect((await claim(world, ann, { resend: true })).task?.id).toBe('a');
    await enqueue(world, boss, 'b');
    expect([toldOf(ann).length, toldOf(bob)]).toEqual([1, ['claim-of-bob']]);
  });

  test('of several tasks at once, each that is told and takes one wakes the next', async () => {
    const world = makeWorld();
    const boss = await join(world, 'boss');
    const workers = [await join(world, 'ann'), await join(world, 'bob'), await join(world, 'cid')];
    for (const worker of workers) {
      await claim(world, worker);
      world.pass(1);
    }
    const [ann, bob] = workers as [Client, Client];
    await enqueue(world, boss, 'a', 500);
    await enqueue(world, boss, 'b', 500);
    await enqueue(world, boss, 'c', 500);
    expect(workers.map((each) => toldOf(each).length)).toEqual([1, 1, 1]);
    for (const worker of workers) expect((await claim(world, worker, { resend: true })).againMs).toBe(500);
    world.pass(500);
    // Nobody told of the time: ann came by itself, and waited no more; then bob is worth waking.
    await world.ports.taskWaiters.take(ann.caller.space, 'a');
    expect((await claim(world, ann, { resend: true })).task?.id).toBe('a');
    expect(toldOf(bob)).toHaveLength(2);
  });

  test('misses nothing that comes while it begins to wait', async () => {
    for (const [port, method] of [
      ['taskWaiters', 'add'],
      ['tasks', 'outlook'],
    ] as const) {
      const world = makeWorld();
      const [ann, boss] = [await join(world, 'ann'), await join(world, 'boss')];
      const { ports, reached, release } = stopBefore(world.ports, port, method);
      const claiming = claim(world, ann, {}, ports as World['ports']);
      await reached;
      await enqueue(world, boss, 'a');
      release();
      const { task } = await claiming;
      expect(task?.id === 'a' || toldOf(ann).length === 1, `${port}.${method}`).toBe(true);
    }
  });

  test('that is gone is passed over', async () => {
    const world = makeWorld();
    const [ann, bob, boss] = [await join(world, 'ann'), await join(world, 'bob'), await join(world, 'boss')];
    await claim(world, ann);
    world.pass(1);
    await claim(world, bob);
    await world.ports.fanout.close(ann.caller.connectionId);
    await enqueue(world, boss, 'a');
    expect(toldOf(bob)).toEqual(['claim-of-bob']);
  });

  test('hears of nothing that it may not claim (I8), and of nothing once its token is over', async () => {
    const world = makeWorld();
    const boss = await join(world, 'boss');
    const mail = await join(world, 'mail', { grants: [{ pattern: 'tasks/mail/*', access: 'write' }] });
    const brief = await join(world, 'brief', { tokenExpiresAtMs: world.now() + 1_000 });
    await claim(world, mail);
    await claim(world, brief);
    world.pass(1_000);
    await enqueue(world, boss, 'build');
    expect([toldOf(mail), toldOf(brief)]).toEqual([[], []]);
    await enqueue(world, boss, 'mail/1');
    expect(toldOf(mail)).toHaveLength(1);
  });

  test('knows when a task that failed will be due, and that one was put in whose enqueuer died', async () => {
    const world = makeWorld();
    const [ann, bob, boss] = [await join(world, 'ann'), await join(world, 'bob'), await join(world, 'boss')];
    await enqueue(world, boss, 'a');
    await claim(world, ann);
    await claim(world, bob);
    const end = { do: 'fail' as const, id: 'a', attempt: 'claim-of-ann', error: 'no', retry: true };
    await endTask(world.ports, ann.caller, end);
    expect(toldOf(bob)).toHaveLength(1);
    expect((await claim(world, bob, { resend: true })).againMs).toBe(1_000);
    await enqueue(world, boss, 'a');
    expect(toldOf(bob)).toHaveLength(2);
  });
});

describe('a list of tasks', () => {
  test('is that of a state, in pages that fit a frame', async () => {
    const world = makeWorld();
    const boss = await join(world, 'boss');
    const ids = Array.from({ length: 12 }, (_, i) => `t${String(i).padStart(2, '0')}`);
    for (const id of ids) {
      await enqueueTask(world.ports, boss.caller, {
        ...{ id, priority: 0, delayMs: 0, maxAttempts: 3 },
        value: 'x'.repeat(40_000),
      });
    }
    const found: string[] = [];
    for (let page: string | undefined; ; ) {
      const request = { state: 'pending' as const, ...(page !== undefined && { page }) };
      const listed = saidBy<'listed'>(await listTasks(world.ports, boss.caller, request));
      expect(JSON.stringify(listed).length).toBeLessThan(128 * 1024);
      found.push(...listed.tasks.map(({ id }) => id));
      page = listed.page;
      if (page === undefined) break;
    }
    expect(found).toEqual(ids);
  });

  test('shows what its reader may read (I8); a page of another list is refused', async () => {
    const world = makeWorld();
    const boss = await join(world, 'boss');
    for (const id of ['mail/1', 'build', 'mail/2']) await enqueue(world, boss, id);
    const guest = await join(world, 'guest', { grants: [{ pattern: 'tasks/mail/*', access: 'read' }] });
    const ask = async (request: { state: 'pending' | 'done'; limit?: number; page?: string }) =>
      listTasks(world.ports, guest.caller, request);
    const listed = saidBy<'listed'>(await ask({ state: 'pending', limit: 2 }));
    expect(listed.tasks.map(({ id }) => id)).toEqual(['mail/1']);
    const page = listed.page as string;
    const rest = saidBy<'listed'>(await ask({ state: 'pending', limit: 2, page }));
    expect(rest.tasks.map(({ id }) => id)).toEqual(['mail/2']);
    expect(await ask({ state: 'done', page })).toMatchObject({ ok: false, error: { code: 'bad-cursor' } });
  });
});
