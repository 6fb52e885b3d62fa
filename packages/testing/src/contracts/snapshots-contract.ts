import type { Manifest, PartitionId, Snapshots } from '@mnemon/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ODD_KEYS } from './odd-values.ts';
import { type MakeStorage, newSpace } from './stored-history.ts';

/** What every store of snapshots must keep. Each test has spaces of its own and leaves rows behind. */
export function snapshotsContract(name: string, makeStorage: MakeStorage): void {
  describe(`snapshots: ${name}`, () => {
    let snapshots: Snapshots;
    beforeAll(async () => {
      ({ snapshots } = await makeStorage());
    });
    const newPartition = (): PartitionId => ({ space: newSpace(), partition: 0 });
    const seqsOf = async (at: PartitionId) => (await snapshots.list(at)).map(({ seq }) => seq);

    test('a chunk comes back as it was put last, under its own name alone', async () => {
      const at = newPartition();
      const text = JSON.stringify([{ $set: 'é😀\u2028' }, ODD_KEYS, 'x'.repeat(2_000_000)]);
      await snapshots.putChunk(at, { attempt: 'a', number: 0 }, '["former"]');
      await snapshots.putChunk(at, { attempt: 'a', number: 0 }, text);
      await snapshots.putChunk(at, { attempt: 'a', number: 10 }, '["ten"]');
      expect(await snapshots.chunk(at, { attempt: 'a', number: 0 })).toBe(text);
      expect(await snapshots.chunk(at, { attempt: 'a', number: 10 })).toBe('["ten"]');
      for (const other of [
        { attempt: 'a', number: 1 },
        { attempt: 'b', number: 0 },
        { attempt: '', number: 0 },
      ])
        expect(await snapshots.chunk(at, other)).toBeUndefined();
      expect(await snapshots.chunk({ ...at, partition: 1 }, { attempt: 'a', number: 0 })).toBeUndefined();
    });

    test('chunks are dropped one by one or by attempt, whose names tell which there are', async () => {
      const at = newPartition();
      const other: PartitionId = { ...at, space: `${at.space}:b` as PartitionId['space'] };
      for (const attempt of ['b', 'ab', 'a'])
        for (const number of [0, 1, 2]) await snapshots.putChunk(at, { attempt, number }, `["${attempt}"]`);
      await snapshots.putChunk(other, { attempt: 'c', number: 0 }, '["other"]');
      expect(await snapshots.attempts(at)).toEqual(['a', 'ab', 'b']);
      await snapshots.dropChunks(at, 'a', [0, 2, 7]);
      await snapshots.dropChunks(at, 'a', []);
      expect(await snapshots.chunk(at, { attempt: 'a', number: 1 })).toBe('["a"]');
      expect(await snapshots.chunk(at, { attempt: 'a', number: 2 })).toBeUndefined();
      await snapshots.dropChunks(at, 'a');
      await snapshots.dropChunks(at, 'never');
      expect(await snapshots.attempts(at)).toEqual(['ab', 'b']);
      expect(await snapshots.attempts(other)).toEqual(['c']);
    });

    test('a manifest comes back whole, the newest first', async () => {
      const at = newPartition();
      const made = [9, 100, 20].map((seq) => manifest(seq));
      for (const each of made) expect(await snapshots.publish(at, each)).toBe('published');
      expect(await snapshots.list(at)).toEqual([made[1], made[2], made[0]]);
      expect(await snapshots.list(newPartition())).toEqual([]);
    });

    test('of 16 at one seq one is published, and stays as it is', async () => {
      const at = newPartition();
      const made = Array.from({ length: 16 }, (_, i) => manifest(7, `attempt-${i}`));
      const results = await Promise.all(made.map((each) => snapshots.publish(at, each)));
      expect(results.filter((result) => result === 'published')).toHaveLength(1);
      expect(await snapshots.list(at)).toEqual([made[results.indexOf('published')]]);
    });

    test('the newest at a seq or before', async () => {
      const at = newPartition();
      for (const seq of [10, 200]) await snapshots.publish(at, manifest(seq));
      const newest = async (seq: number) => (await snapshots.newest(at, seq))?.seq;
      expect(await newest(9)).toBeUndefined();
      expect(await newest(10)).toBe(10);
      expect(await newest(199)).toBe(10);
      expect(await newest(10_000)).toBe(200);
      expect(await snapshots.newest({ ...at, partition: 1 }, 500)).toBeUndefined();
    });

    test('a manifest that is removed is gone, its chunks are not', async () => {
      const at = newPartition();
      await snapshots.putChunk(at, { attempt: 'a', number: 0 }, '[]');
      for (const seq of [1, 2]) await snapshots.publish(at, manifest(seq));
      await snapshots.remove(at, 1);
      await snapshots.remove(at, 1);
      expect(await seqsOf(at)).toEqual([2]);
      expect(await snapshots.attempts(at)).toEqual(['a']);
      expect(await snapshots.publish(at, manifest(1))).toBe('published');
    });
  });
}

const COUNTS = { entries: 1, tombstones: 0, entities: 2, relationships: 3 };

const manifest = (seq: number, attempt = 'a'): Manifest => ({
  format: 1,
  seq,
  commitHash: 'c'.repeat(64),
  epoch: 'epoch-1',
  takenAtMs: 1_750_000_000_000,
  counts: COUNTS,
  attempt,
  chunks: [{ number: 0, hash: 'a'.repeat(64), counts: COUNTS, lastKey: 'tasks/$1.state "ü" 😀' }],
  contentHash: 'b'.repeat(64),
});
