import type { Connections } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { connection, NOW_MS, newSpace, sorted } from './stored-connections.ts';

export function putTests(connections: () => Connections, many: number): void {
  const list = (space: SpaceId, nowMs = NOW_MS) => connections().list(space, nowMs);

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
      const registration = await connections().put(made);
      expect(registration).toEqual({ current: true, row: made });
      expect((await list(made.space)).map(sorted)).toEqual([sorted(made)]);
    });

    test('a connection without subscriptions and grants comes back without', async () => {
      const made = connection({ subscriptions: [], grants: [] });
      await connections().put(made);
      expect(await list(made.space)).toEqual([made]);
    });

    test('a space that nobody connected to is empty', async () => {
      expect(await list(newSpace())).toEqual([]);
    });

    test('spaces do not see each other, also when an instance is in both', async () => {
      const one = connection();
      const other = connection({ instanceId: one.instanceId });
      await connections().put(one);
      expect(await connections().put(other)).toEqual({ current: true, row: other });
      expect(await list(one.space)).toEqual([one]);
      expect(await list(other.space)).toEqual([other]);
    });

    test('a space is not its prefix', async () => {
      const short = connection();
      const long = connection({ space: `${short.space}:b` as SpaceId });
      await Promise.all([connections().put(short), connections().put(long)]);
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
        await Promise.all(rows.map((row) => connections().put(connection(row))));
      }
      const listed = (await list(space)).map(({ instanceId }) => instanceId);
      expect(listed.sort()).toEqual(ids.sort());
    });
  });
}
