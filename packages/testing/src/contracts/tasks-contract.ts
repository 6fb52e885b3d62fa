import { type EventLog, type NewTask, TASK_RETRY, type TaskClaim, type Tasks } from '@mnemon/core';
import type { InstanceId, JsonValue, SpaceId, Task } from '@mnemon/protocol';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ODD_VALUES } from './odd-values.ts';
import { type MakeStorage, newSpace, openSpace } from './stored-history.ts';

const WAIT = { timeout: 20_000, interval: 5 };
const LONG = { leaseMs: 600_000 };
const SHORT = { leaseMs: 20 };

/** What every queue must keep. Each test has a space of its own and leaves rows behind. */
export function tasksContract(name: string, makeStorage: MakeStorage): void {
  describe(`tasks: ${name}`, () => {
    let tasks: Tasks;
    let log: EventLog;
    beforeAll(async () => {
      ({ tasks, log } = await makeStorage());
    });
    const newQueue = async (): Promise<SpaceId> => (await openSpace(log)).space;
    enqueueTests(() => tasks, newQueue);
    claimTests(() => tasks, newQueue);
    leaseTests(() => tasks, newQueue);
    endTests(() => tasks, newQueue);
  });
}

type NewQueue = () => Promise<SpaceId>;

const task = (id: string, more: Partial<NewTask> = {}): NewTask => ({
  id,
  value: { of: id },
  priority: 0,
  delayMs: 0,
  maxAttempts: 5,
  ...more,
});

let claims = 0;
const worker = (name = 'worker'): TaskClaim => ({
  instanceId: name as InstanceId,
  attempt: `claim-${++claims}`,
});
const idsOf = (claimed: readonly (Task | undefined)[]) => claimed.map((each) => each?.id);

async function claimAll(tasks: Tasks, space: SpaceId): Promise<Task[]> {
  const all: Task[] = [];
  for (let next = await tasks.claim(space, worker(), LONG); next; ) {
    all.push(next);
    next = await tasks.claim(space, worker(), LONG);
  }
  return all;
}

function enqueueTests(tasks: () => Tasks, newQueue: NewQueue): void {
  describe('enqueue', () => {
    test('a task comes back as it was put in, whatever its value is', async () => {
      const space = await newQueue();
      for (const [at, value] of ODD_VALUES.entries()) {
        const enqueued = await tasks().enqueue(space, task(`odd/${at}`, { value: value as JsonValue }));
        expect(enqueued).toEqual({
          created: true,
          task: {
            id: `odd/${at}`,
            value: JSON.parse(JSON.stringify(value)),
            priority: 0,
            index: expect.any(Number),
            state: 'pending',
            dueAtMs: expect.any(Number),
            attempts: 0,
            maxAttempts: 5,
          },
        });
        expect(await tasks().get({ space, id: `odd/${at}` })).toEqual(enqueued?.task);
      }
    });

    test('32 enqueues of one id make one task; it stays what it was, also when it is done', async () => {
      const space = await newQueue();
      const made = await Promise.all(
        Array.from({ length: 32 }, (_, value) => tasks().enqueue(space, task('$a.b', { value }))),
      );
      expect(made.filter((each) => each?.created)).toHaveLength(1);
      const [first] = made.filter((each) => each?.created);
      for (const each of made) expect(each?.task).toEqual(first?.task);
      const claim = worker();
      await tasks().claim(space, claim, LONG);
      await tasks().complete({ space, id: '$a.b' }, claim, 'result');
      const again = await tasks().enqueue(space, task('$a.b'));
      expect(again).toMatchObject({ created: false, task: { state: 'done', result: 'result' } });
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
    });

    test('spaces do not see each other; one that nobody has opened takes nothing', async () => {
      const [space, other] = [await newQueue(), await newQueue()];
      await tasks().enqueue(space, task('a'));
      expect(await tasks().get({ space: other, id: 'a' })).toBeUndefined();
      expect(await tasks().claim(other, worker(), LONG)).toBeUndefined();
      expect(await tasks().count(other)).toEqual({ pending: 0, claimed: 0, done: 0, dead: 0 });
      expect(await tasks().enqueue(newSpace(), task('a'))).toBeUndefined();
    });
  });
}

function claimTests(tasks: () => Tasks, newQueue: NewQueue): void {
  describe('claim', () => {
    test('the greatest priority first, then who came first', async () => {
      const space = await newQueue();
      const priorities = [0, 5, 0, -1, 5];
      for (const [at, priority] of priorities.entries())
        await tasks().enqueue(space, task(`t${at}`, { priority }));
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['t1', 't4', 't0', 't2', 't3']);
    });

    test('it says who has the task, for the how manieth time', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      expect(await tasks().claim(space, worker('w.1'), LONG)).toMatchObject({
        id: 'a',
        value: { of: 'a' },
        state: 'claimed',
        attempts: 1,
        claimedBy: 'w.1',
      });
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
    });

    test('32 workers on 200 tasks: each is claimed once', async () => {
      const space = await newQueue();
      const ids = Array.from({ length: 200 }, (_, i) => `t${i}`);
      await Promise.all(ids.map((id, i) => tasks().enqueue(space, task(id, { priority: i % 3 }))));
      const claimed = await Promise.all(Array.from({ length: 32 }, () => claimAll(tasks(), space)));
      expect(idsOf(claimed.flat()).sort()).toEqual(ids.sort());
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 200, done: 0, dead: 0 });
    });

    test('nobody gets a task before its time', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('later', { priority: 9, delayMs: 600_000 }));
      await tasks().enqueue(space, task('soon', { priority: 5, delayMs: 60 }));
      await tasks().enqueue(space, task('now'));
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['now']);
      const soon = await vi.waitUntil(() => tasks().claim(space, worker(), LONG), WAIT);
      expect(soon.id).toBe('soon');
    });

    test('only what matches is claimed, where that is asked for', async () => {
      const space = await newQueue();
      for (const id of ['mail/1', 'build/1', 'mail/2', 'build/2/step'])
        await tasks().enqueue(space, task(id));
      const claim = (...patterns: string[]) => tasks().claim(space, worker(), { ...LONG, patterns });
      expect(await claim()).toBeUndefined();
      expect(await claim('tasks/other/*', 'mail/*')).toBeUndefined();
      expect(idsOf([await claim('tasks/build/**'), await claim('tasks/build/*', 'tasks/*/2/*')])).toEqual([
        'build/1',
        'build/2/step',
      ]);
      expect(idsOf(await claimAll(tasks(), space))).toEqual(['mail/1', 'mail/2']);
    });

    test('16 restricted workers claim each task that they may claim once', async () => {
      const space = await newQueue();
      const ids = Array.from({ length: 40 }, (_, i) => `${i % 2 === 0 ? 'mine' : 'other'}/${i}`);
      for (const id of ids) await tasks().enqueue(space, task(id));
      const claimMine = async () => {
        const mine: Task[] = [];
        for (;;) {
          const next = await tasks().claim(space, worker(), { ...LONG, patterns: ['tasks/mine/*'] });
          if (!next) return mine;
          mine.push(next);
        }
      };
      const claimed = await Promise.all(Array.from({ length: 16 }, claimMine));
      expect(idsOf(claimed.flat()).sort()).toEqual(ids.filter((id) => id.startsWith('mine')).sort());
    });

    test('a claim that is sent again gets the task that it has', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      await tasks().enqueue(space, task('b'));
      const claim = worker();
      const first = await tasks().claim(space, claim, { ...LONG, resend: true });
      expect(await tasks().claim(space, claim, { ...LONG, resend: true })).toEqual(first);
      const other = { ...claim, instanceId: 'another' as InstanceId };
      expect((await tasks().claim(space, other, { ...LONG, resend: true }))?.id).toBe('b');
    });
  });
}

function leaseTests(tasks: () => Tasks, newQueue: NewQueue): void {
  describe('lease', () => {
    test('a task whose lease has ended comes back; its late worker can do nothing to it', async () => {
      const space = await newQueue();
      const at = { space, id: 'a' };
      await tasks().enqueue(space, task('a'));
      const [dead, next] = [worker('dead'), worker('next')];
      await tasks().claim(space, dead, SHORT);
      const claimed = await vi.waitUntil(() => tasks().claim(space, next, LONG), WAIT);
      expect(claimed).toMatchObject({ id: 'a', attempts: 2, claimedBy: 'next' });
      expect(await tasks().extend(at, dead, 1)).toBeUndefined();
      expect(await tasks().complete(at, dead, 'late')).toBeUndefined();
      expect(await tasks().fail(at, dead, { error: 'late', retry: true })).toBeUndefined();
      expect(await tasks().get(at)).toEqual(claimed);
    });

    test('extended it lasts as long as was said last, from then on', async () => {
      const space = await newQueue();
      const at = { space, id: 'a' };
      await tasks().enqueue(space, task('a'));
      const claim = worker();
      const claimed = await tasks().claim(space, claim, LONG);
      const extended = await tasks().extend(at, claim, 900_000);
      expect(extended?.dueAtMs).toBeGreaterThan((claimed?.dueAtMs ?? 0) + 250_000);
      await tasks().extend(at, claim, 1);
      expect((await vi.waitUntil(() => tasks().claim(space, worker(), LONG), WAIT)).id).toBe('a');
    });

    test('one that is late but was not replaced may still finish', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('a'));
      const claim = worker();
      await tasks().claim(space, claim, SHORT);
      await vi.waitUntil(async () => (await tasks().count(space)).pending === 1, WAIT);
      expect(await tasks().complete({ space, id: 'a' }, claim, 1)).toMatchObject({ state: 'done' });
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
    });

    test('a task that has killed as many workers as it may is dead', async () => {
      const space = await newQueue();
      await tasks().enqueue(space, task('deadly', { maxAttempts: 2, priority: 1 }));
      await tasks().enqueue(space, task('good', { delayMs: 0 }));
      await tasks().claim(space, worker(), SHORT);
      const claimDeadly = async () => (await tasks().claim(space, worker(), SHORT))?.id === 'deadly';
      await vi.waitUntil(claimDeadly, WAIT);
      const isDead = async () => {
        await tasks().claim(space, worker(), SHORT);
        return (await tasks().get({ space, id: 'deadly' }))?.state === 'dead';
      };
      await vi.waitUntil(isDead, WAIT);
      expect(await tasks().get({ space, id: 'deadly' })).toMatchObject({ attempts: 2 });
      expect((await tasks().count(space)).dead).toBe(1);
    });
  });
}

function endTests(tasks: () => Tasks, newQueue: NewQueue): void {
  const claimOf = async (space: SpaceId, more: Partial<NewTask> = {}) => {
    await tasks().enqueue(space, task('a', more));
    const claim = worker();
    const claimed = await tasks().claim(space, claim, LONG);
    return { at: { space, id: 'a' }, claim, claimed };
  };

  describe('end', () => {
    test('a task is completed once, with its result; said again, the answer is the same', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      const done = await tasks().complete(at, claim, { $set: ['ok'] });
      expect(done).toMatchObject({ state: 'done', result: { $set: ['ok'] } });
      expect(await tasks().complete(at, claim, 'another')).toEqual(done);
      expect(await tasks().fail(at, claim, { error: 'x', retry: true })).toEqual(done);
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 0, done: 1, dead: 0 });
    });

    test('without a result it has none', async () => {
      const { at, claim } = await claimOf(await newQueue());
      expect(await tasks().complete(at, claim, undefined)).not.toHaveProperty('result');
    });

    test('a failed attempt is tried again, later each time, until there are no more', async () => {
      const space = await newQueue();
      const { at, claim, claimed } = await claimOf(space, { maxAttempts: 2 });
      const failed = await tasks().fail(at, claim, { error: '$no', retry: true });
      expect(failed).toMatchObject({ state: 'pending', attempts: 1, error: '$no' });
      const restsMs = (failed?.dueAtMs ?? 0) - ((claimed?.dueAtMs ?? 0) - LONG.leaseMs);
      expect(restsMs).toBeGreaterThanOrEqual(TASK_RETRY.firstMs);
      expect(restsMs).toBeLessThan(TASK_RETRY.firstMs + 60_000);
      expect(await tasks().fail(at, claim, { error: 'again', retry: true })).toEqual(failed);
      expect(await tasks().claim(space, worker(), LONG)).toBeUndefined();
      const next = worker();
      await vi.waitUntil(() => tasks().claim(space, next, LONG), WAIT);
      expect(await tasks().fail(at, next, { error: 'no', retry: true })).toMatchObject({
        state: 'dead',
        attempts: 2,
        error: 'no',
      });
    });

    test('one that is not to be retried is dead at once', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      expect(await tasks().fail(at, claim, { error: 'no', retry: false })).toMatchObject({ state: 'dead' });
      expect(await tasks().count(space)).toEqual({ pending: 0, claimed: 0, done: 0, dead: 1 });
    });

    test('of 16 that end it at once, with different results, one is believed by all', async () => {
      const space = await newQueue();
      const { at, claim } = await claimOf(space);
      const ends = await Promise.all(Array.from({ length: 16 }, (_, i) => tasks().complete(at, claim, i)));
      expect(new Set(ends.map((end) => end?.result)).size).toBe(1);
    });

    test('nobody but the one that claimed it can change it', async () => {
      const space = await newQueue();
      const { at, claim, claimed } = await claimOf(space);
      const strangers = [{ ...claim, instanceId: 'x' as InstanceId }, worker()];
      for (const stranger of strangers) {
        expect(await tasks().complete(at, stranger, 1)).toBeUndefined();
        expect(await tasks().extend(at, stranger, 1)).toBeUndefined();
        expect(await tasks().fail(at, stranger, { error: '', retry: false })).toBeUndefined();
      }
      expect(await tasks().get(at)).toEqual(claimed);
      expect(await tasks().complete({ space, id: 'missing' }, claim, 1)).toBeUndefined();
    });
  });
}
