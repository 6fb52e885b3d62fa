import type { Connections } from '@mnemon/core';
import type { SpaceId } from '@mnemon/protocol';
import { describe, expect, test } from 'vitest';
import { byId, connection, NOW_MS, STALE_AFTER_MS, successor, twoOfOneSpace } from './stored-connections.ts';

export function endTests(connections: () => Connections): void {
  const list = (space: SpaceId, nowMs = NOW_MS) => connections().list(space, nowMs);

  describe('remove', () => {
    test('takes a connection out, once', async () => {
      const [leaves, stays] = await twoOfOneSpace(connections());
      expect(await connections().remove(leaves)).toBe(true);
      expect(await connections().remove(leaves)).toBe(false);
      expect(await list(stays.space)).toEqual([stays]);
    });

    test('late calls make no row', async () => {
      const made = connection();
      await connections().put(made);
      await connections().remove(made);
      expect(await connections().touch(made, NOW_MS)).toBeUndefined();
      expect(await connections().changeSubscriptions(made, { add: ['a'] })).toBeUndefined();
      expect(await list(made.space)).toEqual([]);
    });
  });

  describe('touch and staleness', () => {
    test('touch answers the row as it was before', async () => {
      const [touched, other] = await twoOfOneSpace(connections());
      expect(await connections().touch(touched, NOW_MS + 5)).toEqual(touched);
      const second = await connections().touch(touched, NOW_MS + 9);
      expect(second).toEqual({ ...touched, lastSeenAtMs: NOW_MS + 5 });
      const listed = await list(touched.space);
      expect(byId(listed)).toEqual(byId([{ ...touched, lastSeenAtMs: NOW_MS + 9 }, other]));
    });

    test('a connection not heard of for too long is not listed; one that was touched is', async () => {
      const [silent, touched] = await twoOfOneSpace(connections());
      await connections().touch(touched, NOW_MS + STALE_AFTER_MS);
      const { space } = silent;
      expect(await list(space, NOW_MS + STALE_AFTER_MS)).toHaveLength(2);
      const later = await list(space, NOW_MS + STALE_AFTER_MS + 1);
      expect(later.map(({ instanceId }) => instanceId)).toEqual([touched.instanceId]);
    });

    test('a stale connection that is heard of again is listed again', async () => {
      const made = connection();
      await connections().put(made);
      const laterMs = NOW_MS + 10 * STALE_AFTER_MS;
      expect(await list(made.space, laterMs)).toEqual([]);
      expect(await connections().touch(made, laterMs)).toEqual(made);
      expect(await list(made.space, laterMs)).toEqual([{ ...made, lastSeenAtMs: laterMs }]);
    });

    test('a stale connection is still answered by the one that replaces it', async () => {
      const made = connection();
      await connections().put(made);
      const laterMs = NOW_MS + 10 * STALE_AFTER_MS;
      const next = { ...successor(made), connectedAtMs: laterMs, lastSeenAtMs: laterMs };
      expect(await connections().put(next)).toEqual({ current: true, row: next, replaced: made });
    });
  });
}
