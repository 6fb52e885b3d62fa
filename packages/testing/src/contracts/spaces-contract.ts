import type { StoragePorts } from '@mnemon/core';
import { DEFAULT_RETENTION, type SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MakeStorage, newSpace, openSpace } from './stored-history.ts';

const FAR_MS = Date.UTC(2100, 0, 1);

/** What every store of spaces must keep. Each test has spaces of its own and leaves rows behind. */
export function spacesContract(name: string, makeStorage: MakeStorage): void {
  describe(`spaces: ${name}`, () => {
    let storage: StoragePorts;
    beforeAll(async () => {
      storage = await makeStorage();
    });

    test('the space whose upkeep began the longest ago is due first, and each once a turn', async () => {
      const { spaces, log } = storage;
      const made: SpaceId[] = [];
      for (let i = 0; i < 4; i++) made.push((await openSpace(log)).space);
      const [first, second, third, never] = made as [SpaceId, SpaceId, SpaceId, SpaceId];
      const t = FAR_MS + Math.floor(Math.random() * 1e9); // beside other tests' spaces, which are of other years
      await spaces.beginUpkeep(second, t + 2);
      await spaces.beginUpkeep(third, t + 3);
      await spaces.beginUpkeep(first, t + 1);
      const dueBefore = async (beforeMs: number, limit = 100_000) =>
        (await spaces.dueForUpkeep({ beforeMs, limit })).filter((space) => made.includes(space));
      expect(await dueBefore(t + 4)).toEqual([never, first, second, third]);
      expect(await dueBefore(t + 2)).toEqual([never, first]);
      await spaces.beginUpkeep(never, t + 5);
      await spaces.beginUpkeep(first, t + 6);
      expect(await dueBefore(t + 7)).toEqual([second, third, never, first]);
      expect(await dueBefore(t + 6)).toEqual([second, third, never]);
      expect(await spaces.dueForUpkeep({ beforeMs: t + 7, limit: 0 })).toEqual([]);
      expect(await spaces.dueForUpkeep({ beforeMs: t + 7, limit: 2 })).toHaveLength(2);
    });

    test('retention is what was set last, and nothing before', async () => {
      const { spaces, log } = storage;
      const { space } = await openSpace(log);
      expect(await spaces.retention(space)).toBeUndefined();
      expect(await spaces.setRetention(space, DEFAULT_RETENTION)).toBe(true);
      const longer = { ...DEFAULT_RETENTION, logMs: DEFAULT_RETENTION.logMs * 2 };
      expect(await spaces.setRetention(space, longer)).toBe(true);
      expect(await spaces.retention(space)).toEqual(longer);
    });

    test('of a space that nobody has opened nothing is kept', async () => {
      const { spaces } = storage;
      const space = newSpace();
      expect(await spaces.setRetention(space, DEFAULT_RETENTION)).toBe(false);
      expect(await spaces.retention(space)).toBeUndefined();
    });
  });
}
