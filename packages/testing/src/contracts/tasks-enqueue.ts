import type { Tasks } from '@mnemon/core';
import type { JsonValue } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { ODD_VALUES } from './odd-values.ts';
import { LONG, type NewQueue, task, worker } from './queued-tasks.ts';
import { newSpace } from './stored-history.ts';

export function enqueueTests(tasks: () => Tasks, newQueue: NewQueue): void {
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
