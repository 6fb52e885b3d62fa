import type { Connections, SubscriptionChange } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { connection, NOW_MS, sorted, successor } from './stored-connections.ts';

export function subscribeTests(connections: () => Connections): void {
  const list = (space: SpaceId, nowMs = NOW_MS) => connections().list(space, nowMs);

  describe('subscriptions', () => {
    test('are a set: added twice is there once, and all of it can go', async () => {
      const made = connection({ subscriptions: ['a'] });
      await connections().put(made);
      let last: readonly string[] = ['a'];
      const change = async (change: SubscriptionChange) => {
        const changed = await connections().changeSubscriptions(made, change);
        if (!changed || changed === 'overtaken') throw new Error(`not changed: ${changed}`);
        expect([...changed.before].sort(), 'the set from before').toEqual(last);
        last = [...changed.after].sort();
        return last;
      };
      expect(await change({ add: ['b', 'a'] })).toEqual(['a', 'b']);
      expect(await change({ add: [] })).toEqual(['a', 'b']);
      expect(await change({ remove: ['a', 'never there'] })).toEqual(['b']);
      expect(await change({ remove: ['b'] })).toEqual([]);
      expect(await change({ remove: ['b'] })).toEqual([]);
      expect(await list(made.space)).toEqual([{ ...made, subscriptions: [] }]);
      expect(await change({ add: ['**'] })).toEqual(['**']);
    });

    test('a change that comes after one with a greater number is not made; a repeated one changes nothing', async () => {
      const made = connection({ subscriptions: ['a'] });
      await connections().put(made);
      const change = (change: SubscriptionChange) => connections().changeSubscriptions(made, change);
      expect(await change({ add: ['b'], number: 2 })).toMatchObject({ before: ['a'] });
      expect(await change({ remove: ['b'], number: 1 })).toBe('overtaken');
      expect(await change({ add: ['b'], number: 2 })).toBeTypeOf('object');
      expect(await change({ remove: ['a'], number: 3 })).toEqual({
        before: expect.any(Array),
        after: ['b'],
      });
      expect(await change({ add: ['a'], number: 2 })).toBe('overtaken');
      expect(await list(made.space)).toEqual([{ ...made, subscriptions: ['b'] }]);
      expect(await change({ add: ['c'] }), 'without a number it is always made').toBeTypeOf('object');
      const late = { ...made, connectionId: 'another' };
      expect(await connections().changeSubscriptions(late, { add: ['d'], number: 9 })).toBeUndefined();
    });

    test('numbers begin anew with each connection of an instance', async () => {
      const first = connection();
      await connections().put(first);
      await connections().changeSubscriptions(first, { add: ['a'], number: 7 });
      const second = { ...successor(first), subscriptions: [] };
      await connections().put(second);
      const change = { add: ['b'], number: 1 };
      expect(await connections().changeSubscriptions(second, change)).toEqual({ before: [], after: ['b'] });
    });

    test('of 100 concurrent changes none is lost', async () => {
      const before = Array.from({ length: 50 }, (_, n) => `old/${n}`);
      const after = Array.from({ length: 50 }, (_, n) => `new/${n}`);
      const made = connection({ subscriptions: before });
      await connections().put(made);
      await Promise.all([
        ...before.map((pattern) => connections().changeSubscriptions(made, { remove: [pattern] })),
        ...after.map((pattern) => connections().changeSubscriptions(made, { add: [pattern] })),
      ]);
      expect((await list(made.space)).map(sorted)).toEqual([sorted({ ...made, subscriptions: after })]);
    });

    test('a touch meanwhile loses none either', async () => {
      const made = connection({ subscriptions: [] });
      await connections().put(made);
      const patterns = Array.from({ length: 20 }, (_, n) => `p/${n}`);
      await Promise.all(
        patterns.flatMap((pattern, n) => [
          connections().changeSubscriptions(made, { add: [pattern] }),
          connections().touch(made, NOW_MS + n),
        ]),
      );
      const [row] = await list(made.space);
      expect([...(row?.subscriptions ?? [])].sort()).toEqual(patterns.sort());
    });

    test('100 patterns of the greatest length fit', async () => {
      const subscriptions = Array.from({ length: 100 }, (_, n) => `${n}`.padStart(512, 'x'));
      const made = connection({ subscriptions });
      await connections().put(made);
      expect((await list(made.space)).map(sorted)).toEqual([sorted(made)]);
    });
  });
}
