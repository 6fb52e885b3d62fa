import type { ChunkId, Manifest, PartitionId, Snapshots } from '@mnemon/core';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { rowsOf } from './row-range.ts';

/** A chunk as it is kept. */
export interface ChunkRow {
  /** `<space>/<partition>/<attempt>/<number>`. */
  _id: string;
  text: string;
}

/** A manifest as it is kept. */
export interface ManifestRow {
  /** `<space>/<partition>/<seq>`. */
  _id: string;
  text: string;
}

const SEQ_DIGITS = 16; // of the greatest safe integer
const NUMBER_DIGITS = 8;
const IDS_PER_CALL = 1_000;

const manifestRowId = (at: PartitionId, seq: number): string =>
  `${rowsOf(at).$gt}${String(seq).padStart(SEQ_DIGITS, '0')}`;
export const toManifestRow = (at: PartitionId, manifest: Manifest): ManifestRow => ({
  _id: manifestRowId(at, manifest.seq),
  text: JSON.stringify(manifest),
});
const attemptPrefix = (at: PartitionId, attempt: string): string => `${rowsOf(at).$gt}${attempt}/`;
const chunkRowId = (at: PartitionId, { attempt, number }: ChunkId): string =>
  `${attemptPrefix(at, attempt)}${String(number).padStart(NUMBER_DIGITS, '0')}`;

/** Snapshots in MongoDB. */
export function mongoSnapshots({ db }: { db: Db }): Snapshots {
  const { snapshots, chunks } = collectionsOf(db);
  return reachable<Snapshots>({
    async putChunk(at, id, text) {
      await chunks.replaceOne({ _id: chunkRowId(at, id) }, { text }, { upsert: true });
    },

    async chunk(at, id) {
      const row = await chunks.findOne({ _id: chunkRowId(at, id) });
      return row === null ? undefined : rowSchema.parse(row).text;
    },

    async dropChunks(at, attempt, numbers) {
      if (!numbers) {
        // `0` is the character after the slash.
        const prefix = attemptPrefix(at, attempt);
        await chunks.deleteMany({ _id: { $gt: prefix, $lt: `${prefix.slice(0, -1)}0` } });
        return;
      }
      for (let i = 0; i < numbers.length; i += IDS_PER_CALL) {
        const some = numbers.slice(i, i + IDS_PER_CALL);
        await chunks.deleteMany({ _id: { $in: some.map((number) => chunkRowId(at, { attempt, number })) } });
      }
    },

    // From one attempt to the next: its chunks need not be read to tell its name.
    async attempts(at) {
      const names: string[] = [];
      const { $gt: start, $lt } = rowsOf(at);
      for (let $gt = start; ; ) {
        const row = await chunks.findOne({ _id: { $gt, $lt } }, { sort: { _id: 1 }, projection: { _id: 1 } });
        if (!row) return names;
        const name = row._id.slice(start.length, row._id.lastIndexOf('/'));
        names.push(name);
        $gt = `${start}${name}0`;
      }
    },

    async publish(at, manifest) {
      try {
        await snapshots.insertOne(toManifestRow(at, manifest));
        return 'published';
      } catch (error) {
        if (isDuplicate(error)) return 'taken';
        throw error;
      }
    },

    async list(at) {
      return (
        await snapshots
          .find({ _id: rowsOf(at) })
          .sort({ _id: -1 })
          .toArray()
      ).map(readManifest);
    },

    async newest(at, seq) {
      const _id = { ...rowsOf(at), $lte: manifestRowId(at, seq) };
      const row = await snapshots.findOne({ _id }, { sort: { _id: -1 } });
      return row === null ? undefined : readManifest(row);
    },

    async remove(at, seq) {
      await snapshots.deleteOne({ _id: manifestRowId(at, seq) });
    },
  });
}

const rowSchema = z.object({ text: z.string() });

/** Whether it is as it was made is not for a store to say: its reader checks the hash. */
const readManifest = (row: unknown): Manifest => JSON.parse(rowSchema.parse(row).text) as Manifest;
