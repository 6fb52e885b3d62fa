import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { callGuarded } from './guarded-call.ts';

/** A promise that is no `instanceof Promise` here. */
const failing = (): unknown => runInNewContext("Promise.reject(new Error('rejected'))");

test("what a promise of another realm rejects with is reported like one's own", async () => {
  const errors: unknown[] = [];
  callGuarded(failing, 1, (error) => errors.push((error as Error).message));
  await Promise.resolve();
  expect(errors).toEqual(['rejected']);
});

test('a handler that fails itself harms nobody, at once or later', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  for (const onError of [
    () => Promise.reject(new Error('the handler')),
    () => {
      throw new Error('the handler');
    },
  ]) {
    callGuarded(failing, 1, onError);
    callGuarded(() => Promise.reject(new Error('rejected')), 1, onError);
  }
  await new Promise((resolve) => setImmediate(resolve)); // node reports between two turns
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
