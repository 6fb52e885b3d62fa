import { describe, expect, test } from 'vitest';
import { CacheManager } from './cache-manager.ts';

function filled(...keys: string[]): CacheManager<string> {
  const cache = new CacheManager<string>(100);
  for (const key of keys) cache.set(key, `value of ${key}`);
  return cache;
}

test('holds the most recently used, as many as it may', () => {
  const cache = new CacheManager<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.has('a'), cache.has('b'), cache.has('c')]).toEqual([true, false, true]);
  expect(cache.stats).toMatchObject({ size: 2, maxSize: 2 });
});

test('knows that there is nothing, which is not the same as not knowing', () => {
  const cache = new CacheManager<string>();
  cache.set('gone', undefined);
  expect([cache.has('gone'), cache.get('gone')]).toEqual([true, undefined]);
  expect([cache.has('new'), cache.get('new')]).toEqual([false, undefined]);
  expect(cache.stats).toEqual({ size: 1, maxSize: 1000, hits: 1, misses: 1, invalidated: 0 });
});

describe('invalidate takes out', () => {
  test.each([
    ['a key', 'tasks/1/state', ['tasks/2/state', 'tasks/2/lock', 'workers/1']],
    ['what a glob matches', 'tasks/*/state', ['tasks/2/lock', 'workers/1']],
    ['what a double star matches', 'tasks/**', ['workers/1']],
    ['what a regular expression finds', /state$|^w/, ['tasks/2/lock']],
    ['that also with a flag that remembers where it was', /tasks/g, ['workers/1']],
    [
      'nothing that only an expression of this text would match',
      '.*',
      ['tasks/1/state', 'tasks/2/state', 'tasks/2/lock', 'workers/1'],
    ],
  ])('%s', (_, pattern, left) => {
    const keys = ['tasks/1/state', 'tasks/2/state', 'tasks/2/lock', 'workers/1'];
    const cache = filled(...keys);
    const count = cache.invalidate(pattern);
    const still = keys.filter((key) => cache.has(key));
    expect(still).toEqual(left);
    expect(still).toHaveLength(keys.length - count);
    expect(cache.stats.invalidated).toBe(count);
  });
});

test('what is deleted or cleared counts as invalidated', () => {
  const cache = filled('a', 'b', 'c');
  expect([cache.delete('a'), cache.delete('a')]).toEqual([true, false]);
  cache.clear();
  expect(cache.stats).toMatchObject({ size: 0, invalidated: 3 });
});
