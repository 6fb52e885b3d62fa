import type { Connection, Connections, ReachedRow } from '@mnemon/core';
import { describe, expect, test } from 'vitest';
import { connection, NOW_MS, STALE_AFTER_MS } from './stored-connections.ts';

/** What a sweep needs. Others leave rows behind, so only the own ones count. */
export function sweepTests(connections: () => Connections): void {
  const staleAtMs = NOW_MS + STALE_AFTER_MS + 1;
  /** Not heard of since `seenAtMs`. */
  const make = (seenAtMs: number) => connection({ lastSeenAtMs: seenAtMs });

  /** The stale ones among `own`, and how many pages it took to walk all rows. */
  async function walk(own: readonly Connection[], nowMs: number, limit = 1_000) {
    const ids = new Set(own.map(({ connectionId }) => connectionId));
    const found: Connection[] = [];
    let pages = 0;
    for (let after: ReachedRow | undefined, more = true; more; pages++) {
      const { rows, reached } = await connections().stale({ nowMs, after, limit });
      expect(rows.length).toBeLessThanOrEqual(limit);
      found.push(...rows.filter(({ connectionId }) => ids.has(connectionId)));
      after = reached;
      more = reached !== undefined;
    }
    return { found, pages };
  }

  describe('sweeping', () => {
    test('finds stale rows of every space, whole, and no others', async () => {
      const [silent, other, alive] = [make(NOW_MS), make(NOW_MS - 5), make(NOW_MS + 1)];
      const own = [silent, other, alive];
      await Promise.all(own.map((each) => connections().put(each)));
      expect((await walk(own, staleAtMs - 1)).found).toEqual([other]);
      const { found } = await walk(own, staleAtMs);
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([silent, other]));
    });

    test('in pages, each of at most so many rows, none is left out or there twice', async () => {
      const own = Array.from({ length: 60 }, () => make(NOW_MS));
      await Promise.all(own.map((each) => connections().put(each)));
      const { found, pages } = await walk(own, staleAtMs, 25);
      expect(pages).toBeGreaterThan(2);
      const ids = (rows: readonly Connection[]) => rows.map(({ connectionId }) => connectionId).sort();
      expect(ids(found)).toEqual(ids(own));
    });

    test('takes a row out once, of however many who try', async () => {
      const made = make(NOW_MS);
      await connections().put(made);
      const tries = Array.from({ length: 8 }, () => connections().removeStale(made, staleAtMs));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      expect(await connections().list(made.space, NOW_MS)).toEqual([]);
    });

    test('leaves a row that was heard of meanwhile, and that of a newer connection', async () => {
      const [heard, replaced] = [make(NOW_MS), make(NOW_MS)];
      await Promise.all([connections().put(heard), connections().put(replaced)]);
      await connections().touch(heard, NOW_MS + 1);
      const newer = { ...replaced, connectionId: 'newer', connectedAtMs: replaced.connectedAtMs + 1 };
      await connections().put(newer);
      expect(await connections().removeStale(heard, staleAtMs)).toBe(false);
      expect(await connections().removeStale(replaced, staleAtMs)).toBe(false);
      expect(await connections().list(heard.space, NOW_MS)).toEqual([{ ...heard, lastSeenAtMs: NOW_MS + 1 }]);
      expect(await connections().list(newer.space, NOW_MS)).toEqual([newer]);
    });
  });
}
