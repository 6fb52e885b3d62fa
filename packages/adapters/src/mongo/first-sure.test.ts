import { expect, test } from 'vitest';
import { firstSure } from './first-sure.ts';

const never = new Promise<string>(() => {});
const unsure = Promise.resolve(undefined);

test('the first that is sure is the answer, however long the others take', async () => {
  expect(await firstSure([unsure, never, Promise.resolve('found')])).toBe('found');
  expect(await firstSure([unsure, unsure])).toBeUndefined();
  expect(await firstSure([])).toBeUndefined();
});

test('a failure before that fails, one after it does not', async () => {
  await expect(firstSure([Promise.reject(new Error('down')), never])).rejects.toThrow('down');
  let fail = (_: Error): void => {};
  const late = new Promise<string>((_, reject) => {
    fail = reject;
  });
  expect(await firstSure([Promise.resolve('found'), late])).toBe('found');
  fail(new Error('down'));
  await expect(late).rejects.toThrow('down');
});
