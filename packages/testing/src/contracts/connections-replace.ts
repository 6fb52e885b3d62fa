import type { Connection, Connections } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { connection, NOW_MS, successor } from './stored-connections.ts';

export function replaceTests(connections: () => Connections): void {
  const list = (space: SpaceId, nowMs = NOW_MS) => connections().list(space, nowMs);

  describe('replacement', () => {
    test('a second connection of an instance takes the place of the first and answers it', async () => {
      const first = connection();
      const second = successor(first);
      await connections().put(first);
      expect(await connections().put(second)).toEqual({ current: true, row: second, replaced: first });
      expect(await list(first.space)).toEqual([second]);
    });

    test('nothing is left of the first: neither its subscriptions nor its grants', async () => {
      const first = connection({ subscriptions: ['a', 'b'], grants: [{ pattern: '**', access: 'admin' }] });
      await connections().put(first);
      const second = { ...successor(first), subscriptions: [], grants: [] };
      await connections().put(second);
      expect(await list(first.space)).toEqual([second]);
    });

    test('a connection does not replace itself', async () => {
      const made = connection();
      await connections().put(made);
      expect(await connections().put(made)).toEqual({ current: true, row: made });
      expect(await list(made.space)).toEqual([made]);
    });

    test('a repeated put leaves the row as it has become, and answers it', async () => {
      const made = connection({ subscriptions: ['a'] });
      await connections().put(made);
      await connections().changeSubscriptions(made, { add: ['b'] });
      await connections().changeSubscriptions(made, { remove: ['a'] });
      await connections().touch(made, NOW_MS + 5);
      const row = { ...made, subscriptions: ['b'], lastSeenAtMs: NOW_MS + 5 };
      expect(await connections().put(made)).toEqual({ current: true, row });
      expect(await list(made.space)).toEqual([row]);
    });

    test('a put that arrives late does not take the place of a later connection', async () => {
      const first = connection({ subscriptions: ['a'] });
      const second = successor(first);
      await connections().put(second);
      expect(await connections().put(first)).toEqual({ current: false });
      expect(await list(first.space)).toEqual([second]);
    });

    test('of two that connected in the same millisecond the greater id stays, whoever comes first', async () => {
      for (const order of ['ab', 'ba']) {
        const { space, instanceId } = connection();
        const [one, two] = [...order].map((connectionId) => connection({ space, instanceId, connectionId }));
        await connections().put(one as Connection);
        await connections().put(two as Connection);
        expect((await list(space)).map(({ connectionId }) => connectionId)).toEqual(['b']);
      }
    });

    test('of racing connections of an instance the latest stays; each other is refused or answered, once', async () => {
      const racers = [connection()];
      for (let n = 1; n < 20; n++) racers.push(successor(racers[n - 1] as Connection));
      const latest = racers.at(-1);
      const shuffled = [...racers].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
      const registrations = await Promise.all(shuffled.map((racer) => connections().put(racer)));
      expect(await list(racers[0]?.space as SpaceId)).toEqual([latest]);
      const over = registrations.map((answer, n) => (answer.current ? answer.replaced : shuffled[n]));
      const ids = [latest, ...over.filter((each) => each !== undefined)].map((each) => each?.connectionId);
      expect(ids.sort()).toEqual(racers.map(({ connectionId }) => connectionId).sort());
    });

    test('late calls of a replaced connection change nothing', async () => {
      const first = connection({ subscriptions: ['a'] });
      const second = successor(first);
      await connections().put(first);
      await connections().put(second);
      expect(await connections().touch(first, NOW_MS + 1)).toBeUndefined();
      expect(await connections().changeSubscriptions(first, { add: ['late'] })).toBeUndefined();
      expect(await connections().changeSubscriptions(first, { remove: ['a'] })).toBeUndefined();
      expect(await connections().changeSubscriptions(first, { add: [] })).toBeUndefined();
      expect(await connections().remove(first)).toBe(false);
      expect(await list(first.space)).toEqual([second]);
    });
  });
}
