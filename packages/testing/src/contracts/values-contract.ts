import type { KeptValue, PartitionId, Values } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, newSpace } from './stored-history.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

/** What every store of large values must keep. Each test has spaces of its own and leaves rows behind. */
export function valuesContract(name: string, makeStorage: MakeStorage): void {
  describe(`values: ${name}`, () => {
    let values: Values;
    beforeAll(async () => {
      ({ values } = await makeStorage());
    });
    const newPartition = (): PartitionId => ({ space: newSpace(), partition: 0 });
    const agedBy = (at: PartitionId, untilMs: number) => values.aged(at, { untilMs, limit: 100 });

    test('a value comes back as it was put, under its own name alone', async () => {
      const at = newPartition();
      const text = JSON.stringify(['é😀\u2028 $set', 'x'.repeat(1_000_000)]);
      await values.put(at, { key: 'a/b', hash: HASH }, text, 1);
      expect(await values.get(at, { key: 'a/b', hash: HASH })).toBe(text);
      const others = [
        { key: 'a', hash: HASH },
        { key: 'a/b', hash: OTHER },
        { key: 'a/b/c', hash: HASH },
      ];
      for (const id of others) expect(await values.get(at, id)).toBeUndefined();
      expect(await values.get({ ...at, partition: 1 }, { key: 'a/b', hash: HASH })).toBeUndefined();
      expect(await values.get(newPartition(), { key: 'a/b', hash: HASH })).toBeUndefined();
    });

    test('keys may hold anything', async () => {
      const at = newPartition();
      for (const key of ODD_KEYS) await values.put(at, { key, hash: HASH }, JSON.stringify(key), 1);
      for (const key of ODD_KEYS) {
        expect(await values.get(at, { key, hash: HASH })).toBe(JSON.stringify(key));
      }
      const names = (await agedBy(at, 1)).map(({ key }) => key);
      expect(names.sort()).toEqual([...ODD_KEYS].sort());
    });

    test('those that were last put long ago are told in pages, each once', async () => {
      const at = newPartition();
      for (const [key, storedAtMs] of Object.entries({ a: 10, b: 30, c: 20, d: 20 })) {
        await values.put(at, { key, hash: HASH }, '1', storedAtMs);
      }
      await values.put(at, { key: 'a', hash: OTHER }, '2', 10);
      await values.put(
        { ...at, space: `${at.space}:b` as PartitionId['space'] },
        { key: 'x', hash: HASH },
        '1',
        1,
      );
      const told: KeptValue[] = [];
      for (let after: KeptValue | undefined; ; after = told.at(-1)) {
        const page = await values.aged(at, { untilMs: 20, after, limit: 2 });
        told.push(...page);
        if (page.length < 2) break;
      }
      expect(told).toHaveLength(4);
      expect(told).toEqual(
        expect.arrayContaining([
          { key: 'a', hash: HASH, storedAtMs: 10 },
          { key: 'a', hash: OTHER, storedAtMs: 10 },
          { key: 'c', hash: HASH, storedAtMs: 20 },
          { key: 'd', hash: HASH, storedAtMs: 20 },
        ]),
      );
      expect(await values.aged(at, { untilMs: 20, limit: 0 })).toEqual([]);
    });

    test('put or renewed again it is younger, never older', async () => {
      const at = newPartition();
      const id = { key: 'a', hash: HASH };
      expect(await values.renew(at, id, 5)).toBe(false);
      await values.put(at, id, '1', 10);
      expect(await values.renew(at, id, 20)).toBe(true);
      expect(await values.renew(at, id, 15)).toBe(true);
      expect(await agedBy(at, 100)).toEqual([{ ...id, storedAtMs: 20 }]);
      await values.put(at, id, '1', 30);
      await values.put(at, id, '1', 25);
      expect(await agedBy(at, 100)).toEqual([{ ...id, storedAtMs: 30 }]);
      expect(await values.get(at, id)).toBe('1');
    });

    test('is taken out as it was told, not once it was put again', async () => {
      const at = newPartition();
      const id = { key: 'a', hash: HASH };
      await values.put(at, id, '1', 10);
      const [told] = await agedBy(at, 10);
      if (!told) throw new Error('nothing aged');
      await values.put(at, id, '1', 11);
      await values.drop(at, told);
      expect(await values.get(at, id)).toBe('1');
      await values.drop(at, { ...id, storedAtMs: 11 });
      await values.drop(at, { ...id, storedAtMs: 11 });
      expect(await values.get(at, id)).toBeUndefined();
      expect(await agedBy(at, 100)).toEqual([]);
    });
  });
}
