import { expect, test } from 'vitest';
import { mapBounded } from './map-bounded.ts';

test('answers in the order of the items, whatever finishes first', async () => {
  const results = await mapBounded([3, 1, 2], 3, async (turns) => {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    return turns * 10;
  });
  expect(results).toEqual([30, 10, 20]);
});

test('never has more than the bound in flight, and reaches it', async () => {
  let inFlight = 0;
  let most = 0;
  await mapBounded(Array.from({ length: 50 }), 4, async () => {
    most = Math.max(most, ++inFlight);
    await new Promise(setImmediate);
    inFlight--;
  });
  expect(most).toBe(4);
});

test('a slow item holds up its own place only', async () => {
  const done: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const all = mapBounded(['slow', 'a', 'b', 'c'], 2, async (item) => {
    if (item === 'slow') await held;
    done.push(item);
    if (item === 'c') release();
  });
  await all;
  expect(done).toEqual(['a', 'b', 'c', 'slow']);
});

test('has nothing to do for no items', async () => {
  expect(await mapBounded([], 4, async () => 1)).toEqual([]);
});

test('throws a failure when what was begun has ended, and begins nothing more', async () => {
  const begun: string[] = [];
  const ended: string[] = [];
  const all = mapBounded(['slow', 'bad', 'next'], 2, async (item) => {
    begun.push(item);
    if (item === 'bad') throw new Error('no');
    await new Promise(setImmediate);
    ended.push(item);
  });
  await expect(all).rejects.toThrow('no');
  expect({ begun, ended }).toEqual({ begun: ['slow', 'bad'], ended: ['slow'] });
});
