import type { StoragePorts } from '@mnemon/core';
import { DEFAULT_RETENTION, type SpaceId } from '@mnemon/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MakeStorage, newSpace, openSpace } from './stored-history.ts';

/** What every store of spaces must keep. Each test has spaces of its own and leaves rows behind. */
export function spacesContract(name: string, makeStorage: MakeStorage): void {
  describe(`spaces: ${name}`, () => {
    let storage: StoragePorts;
    beforeAll(async () => {
      storage = await makeStorage();
    });

    test('every space that was opened is listed once, in pages of any size', async () => {
      const { spaces, log } = storage;
      const made = await Promise.all(Array.from({ length: 12 }, () => openSpace(log)));
      for (const limit of [1, 5, 1000]) {
        const listed: SpaceId[] = [];
        for (let page = await spaces.list({ after: undefined, limit }); page.length > 0; ) {
          expect(page.length).toBeLessThanOrEqual(limit);
          listed.push(...page);
          page = await spaces.list({ after: listed.at(-1), limit });
        }
        expect(new Set(listed).size).toBe(listed.length);
        expect(listed).toEqual(expect.arrayContaining(made.map(({ space }) => space)));
      }
      expect(await spaces.list({ after: undefined, limit: 0 })).toEqual([]);
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
