import { randomUUID } from 'node:crypto';
import type { Connection, Connections, SubscriptionChange } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { staleConnectionsTests } from './stale-connections.ts';

const STALE_AFTER_MS = 60_000;
const NOW_MS = 1_750_000_000_000;

export type MakeConnections = (options: { staleAfterMs: number }) => Connections | Promise<Connections>;

/**
 * What every store of connections must keep. Each test has spaces of its own and leaves rows behind. `many` rows of 1 KB
 * are listed at once: choose more than a page of the store holds.
 */
export function connectionsContract(
  name: string,
  makeConnections: MakeConnections,
  { many }: { many: number },
): void {
  describe(`connections: ${name}`, () => {
    let connections: Connections;
    beforeAll(async () => {
      connections = await makeConnections({ staleAfterMs: STALE_AFTER_MS });
    });
    const list = (space: SpaceId, nowMs = NOW_MS) => connections.list(space, nowMs);

    describe('put and list', () => {
      test('a connection comes back as it was put', async () => {
        const made = connection({
          subscriptions: ['tasks/**', 'notes/*/ü "text"'],
          tokenId: 'a'.repeat(32),
          grants: [
            { pattern: 'tasks/**', access: 'write' },
            { pattern: '$set/*', access: 'read' },
          ],
        });
        const registration = await connections.put(made);
        expect(registration).toEqual({ current: true, row: made });
        expect((await list(made.space)).map(sorted)).toEqual([sorted(made)]);
      });

      test('a connection without subscriptions and grants comes back without', async () => {
        const made = connection({ subscriptions: [], grants: [] });
        await connections.put(made);
        expect(await list(made.space)).toEqual([made]);
      });

      test('a space that nobody connected to is empty', async () => {
        expect(await list(newSpace())).toEqual([]);
      });

      test('spaces do not see each other, also when an instance is in both', async () => {
        const one = connection();
        const other = connection({ instanceId: one.instanceId });
        await connections.put(one);
        expect(await connections.put(other)).toEqual({ current: true, row: other });
        expect(await list(one.space)).toEqual([one]);
        expect(await list(other.space)).toEqual([other]);
      });

      test('a space is not its prefix', async () => {
        const short = connection();
        const long = connection({ space: `${short.space}:b` as SpaceId });
        await Promise.all([connections.put(short), connections.put(long)]);
        expect(await list(short.space)).toEqual([short]);
      });

      test(`${many} connections are listed`, async () => {
        const space = newSpace();
        const ids = Array.from({ length: many }, (_, n) => `instance-${n}` as InstanceId);
        const subscriptions = ['a'.repeat(500), 'b'.repeat(500)];
        for (let begin = 0; begin < many; begin += 100) {
          const rows = ids
            .slice(begin, begin + 100)
            .map((instanceId) => ({ space, instanceId, subscriptions }));
          await Promise.all(rows.map((row) => connections.put(connection(row))));
        }
        const listed = (await list(space)).map(({ instanceId }) => instanceId);
        expect(listed.sort()).toEqual(ids.sort());
      });
    });

    describe('replacement', () => {
      test('a second connection of an instance takes the place of the first and answers it', async () => {
        const first = connection();
        const second = successor(first);
        await connections.put(first);
        expect(await connections.put(second)).toEqual({ current: true, row: second, replaced: first });
        expect(await list(first.space)).toEqual([second]);
      });

      test('nothing is left of the first: neither its subscriptions nor its grants', async () => {
        const first = connection({ subscriptions: ['a', 'b'], grants: [{ pattern: '**', access: 'admin' }] });
        await connections.put(first);
        const second = { ...successor(first), subscriptions: [], grants: [] };
        await connections.put(second);
        expect(await list(first.space)).toEqual([second]);
      });

      test('a connection does not replace itself', async () => {
        const made = connection();
        await connections.put(made);
        expect(await connections.put(made)).toEqual({ current: true, row: made });
        expect(await list(made.space)).toEqual([made]);
      });

      test('a repeated put leaves the row as it has become, and answers it', async () => {
        const made = connection({ subscriptions: ['a'] });
        await connections.put(made);
        await connections.changeSubscriptions(made, { add: ['b'] });
        await connections.changeSubscriptions(made, { remove: ['a'] });
        await connections.touch(made, NOW_MS + 5);
        const row = { ...made, subscriptions: ['b'], lastSeenAtMs: NOW_MS + 5 };
        expect(await connections.put(made)).toEqual({ current: true, row });
        expect(await list(made.space)).toEqual([row]);
      });

      test('a put that arrives late does not take the place of a later connection', async () => {
        const first = connection({ subscriptions: ['a'] });
        const second = successor(first);
        await connections.put(second);
        expect(await connections.put(first)).toEqual({ current: false });
        expect(await list(first.space)).toEqual([second]);
      });

      test('of two that connected in the same millisecond the greater id stays, whoever comes first', async () => {
        for (const order of ['ab', 'ba']) {
          const { space, instanceId } = connection();
          const [one, two] = [...order].map((connectionId) =>
            connection({ space, instanceId, connectionId }),
          );
          await connections.put(one as Connection);
          await connections.put(two as Connection);
          expect((await list(space)).map(({ connectionId }) => connectionId)).toEqual(['b']);
        }
      });

      test('of racing connections of an instance the latest stays; each other is refused or answered, once', async () => {
        const racers = [connection()];
        for (let n = 1; n < 20; n++) racers.push(successor(racers[n - 1] as Connection));
        const latest = racers.at(-1);
        const shuffled = [...racers].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
        const registrations = await Promise.all(shuffled.map((racer) => connections.put(racer)));
        expect(await list(racers[0]?.space as SpaceId)).toEqual([latest]);
        const over = registrations.map((answer, n) => (answer.current ? answer.replaced : shuffled[n]));
        const ids = [latest, ...over.filter((each) => each !== undefined)].map((each) => each?.connectionId);
        expect(ids.sort()).toEqual(racers.map(({ connectionId }) => connectionId).sort());
      });

      test('late calls of a replaced connection change nothing', async () => {
        const first = connection({ subscriptions: ['a'] });
        const second = successor(first);
        await connections.put(first);
        await connections.put(second);
        expect(await connections.touch(first, NOW_MS + 1)).toBeUndefined();
        expect(await connections.changeSubscriptions(first, { add: ['late'] })).toBeUndefined();
        expect(await connections.changeSubscriptions(first, { remove: ['a'] })).toBeUndefined();
        expect(await connections.changeSubscriptions(first, { add: [] })).toBeUndefined();
        expect(await connections.remove(first)).toBe(false);
        expect(await list(first.space)).toEqual([second]);
      });
    });

    describe('remove', () => {
      test('takes a connection out, once', async () => {
        const [leaves, stays] = await twoOfOneSpace(connections);
        expect(await connections.remove(leaves)).toBe(true);
        expect(await connections.remove(leaves)).toBe(false);
        expect(await list(stays.space)).toEqual([stays]);
      });

      test('late calls make no row', async () => {
        const made = connection();
        await connections.put(made);
        await connections.remove(made);
        expect(await connections.touch(made, NOW_MS)).toBeUndefined();
        expect(await connections.changeSubscriptions(made, { add: ['a'] })).toBeUndefined();
        expect(await list(made.space)).toEqual([]);
      });
    });

    describe('touch and staleness', () => {
      test('touch answers the row as it was before', async () => {
        const [touched, other] = await twoOfOneSpace(connections);
        expect(await connections.touch(touched, NOW_MS + 5)).toEqual(touched);
        const second = await connections.touch(touched, NOW_MS + 9);
        expect(second).toEqual({ ...touched, lastSeenAtMs: NOW_MS + 5 });
        const listed = await list(touched.space);
        expect(byId(listed)).toEqual(byId([{ ...touched, lastSeenAtMs: NOW_MS + 9 }, other]));
      });

      test('a connection not heard of for too long is not listed; one that was touched is', async () => {
        const [silent, touched] = await twoOfOneSpace(connections);
        await connections.touch(touched, NOW_MS + STALE_AFTER_MS);
        const { space } = silent;
        expect(await list(space, NOW_MS + STALE_AFTER_MS)).toHaveLength(2);
        const later = await list(space, NOW_MS + STALE_AFTER_MS + 1);
        expect(later.map(({ instanceId }) => instanceId)).toEqual([touched.instanceId]);
      });

      test('a stale connection that is heard of again is listed again', async () => {
        const made = connection();
        await connections.put(made);
        const laterMs = NOW_MS + 10 * STALE_AFTER_MS;
        expect(await list(made.space, laterMs)).toEqual([]);
        expect(await connections.touch(made, laterMs)).toEqual(made);
        expect(await list(made.space, laterMs)).toEqual([{ ...made, lastSeenAtMs: laterMs }]);
      });

      test('a stale connection is still answered by the one that replaces it', async () => {
        const made = connection();
        await connections.put(made);
        const laterMs = NOW_MS + 10 * STALE_AFTER_MS;
        const next = { ...successor(made), connectedAtMs: laterMs, lastSeenAtMs: laterMs };
        expect(await connections.put(next)).toEqual({ current: true, row: next, replaced: made });
      });
    });

    describe('subscriptions', () => {
      test('are a set: added twice is there once, and all of it can go', async () => {
        const made = connection({ subscriptions: ['a'] });
        await connections.put(made);
        let last: readonly string[] = ['a'];
        const change = async (change: SubscriptionChange) => {
          const changed = await connections.changeSubscriptions(made, change);
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
        await connections.put(made);
        const change = (change: SubscriptionChange) => connections.changeSubscriptions(made, change);
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
        expect(await connections.changeSubscriptions(late, { add: ['d'], number: 9 })).toBeUndefined();
      });

      test('numbers begin anew with each connection of an instance', async () => {
        const first = connection();
        await connections.put(first);
        await connections.changeSubscriptions(first, { add: ['a'], number: 7 });
        const second = { ...successor(first), subscriptions: [] };
        await connections.put(second);
        const change = { add: ['b'], number: 1 };
        expect(await connections.changeSubscriptions(second, change)).toEqual({ before: [], after: ['b'] });
      });

      test('of 100 concurrent changes none is lost', async () => {
        const before = Array.from({ length: 50 }, (_, n) => `old/${n}`);
        const after = Array.from({ length: 50 }, (_, n) => `new/${n}`);
        const made = connection({ subscriptions: before });
        await connections.put(made);
        await Promise.all([
          ...before.map((pattern) => connections.changeSubscriptions(made, { remove: [pattern] })),
          ...after.map((pattern) => connections.changeSubscriptions(made, { add: [pattern] })),
        ]);
        expect((await list(made.space)).map(sorted)).toEqual([sorted({ ...made, subscriptions: after })]);
      });

      test('a touch meanwhile loses none either', async () => {
        const made = connection({ subscriptions: [] });
        await connections.put(made);
        const patterns = Array.from({ length: 20 }, (_, n) => `p/${n}`);
        await Promise.all(
          patterns.flatMap((pattern, n) => [
            connections.changeSubscriptions(made, { add: [pattern] }),
            connections.touch(made, NOW_MS + n),
          ]),
        );
        const [row] = await list(made.space);
        expect([...(row?.subscriptions ?? [])].sort()).toEqual(patterns.sort());
      });

      test('100 patterns of the greatest length fit', async () => {
        const subscriptions = Array.from({ length: 100 }, (_, n) => `${n}`.padStart(512, 'x'));
        const made = connection({ subscriptions });
        await connections.put(made);
        expect((await list(made.space)).map(sorted)).toEqual([sorted(made)]);
      });
    });

    staleConnectionsTests({
      connections: () => connections,
      staleAfterMs: STALE_AFTER_MS,
      make: (lastSeenAtMs) => connection({ lastSeenAtMs }),
    });
  });
}

const newSpace = (): SpaceId => `team:${randomUUID()}` as SpaceId;

function connection(fields: Partial<Connection> = {}): Connection {
  return {
    space: newSpace(),
    instanceId: `worker:${randomUUID()}` as InstanceId,
    connectionId: `${randomUUID()}=`,
    userId: 'ada@example.com',
    subscriptions: ['**'],
    grants: [{ pattern: '**', access: 'write' }],
    tokenExpiresAtMs: NOW_MS + 3_600_000,
    connectedAtMs: NOW_MS,
    lastSeenAtMs: NOW_MS,
    ...fields,
  };
}

/** A later connection of the same instance. */
const successor = ({ space, instanceId, connectedAtMs }: Connection): Connection =>
  connection({ space, instanceId, connectedAtMs: connectedAtMs + 1 });

async function twoOfOneSpace(connections: Connections): Promise<[Connection, Connection]> {
  const one = connection();
  const two = connection({ space: one.space });
  await Promise.all([connections.put(one), connections.put(two)]);
  return [one, two];
}

const sorted = (row: Connection): Connection => ({ ...row, subscriptions: [...row.subscriptions].sort() });

const byId = (rows: readonly Connection[]): Connection[] =>
  [...rows].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
