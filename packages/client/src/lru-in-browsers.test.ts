import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { LRUCache as LruInBrowsers } from './lru-in-browsers.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const call = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(fc.constant('set'), key, fc.nat(9)) },
  { weight: 10, arbitrary: fc.tuple(fc.constantFrom('get', 'peek', 'has', 'delete'), key) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('clear')) },
);

test('what is kept in browsers, and what is forgotten, is as lru-cache has it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(call, { minLength: 10, maxLength: 40, size: 'max' }),
      (max, calls) => {
        const caches = [new LRUCache<string, number>({ max }), new LruInBrowsers<string, number>({ max })];
        for (const [name, ...args] of calls) {
          const [expected, found] = caches.map((cache) => {
            const run = cache[name as 'set'] as (...args: unknown[]) => unknown;
            const answer = run.apply(cache, args);
            return {
              answer: answer === cache ? 'itself' : answer,
              keys: [...cache.keys()],
              size: cache.size,
            };
          });
          expect(found).toEqual(expected);
        }
        expect(caches.map((cache) => cache.max)).toEqual([max, max]);
      },
    ),
  );
});
