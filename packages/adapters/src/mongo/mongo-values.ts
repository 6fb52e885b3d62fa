import type { PartitionId, ValueId, Values } from '@mnemon/core';
import type { Db } from 'mongodb';
import * as z from 'zod';
import { collectionsOf } from './collections.ts';
import { reachable } from './mongo-failures.ts';
import { rowsOf } from './row-range.ts';

/** A large value as it is kept. */
export interface ValueRow {
  /** `<space>/<partition>/<key>/<hash>`: the last segment is the hash, whatever the key holds. */
  _id: string;
  storedAtMs: number;
  text: string;
}

/** From it alone the values that have aged are told: their texts are not read for that. */
export const VALUE_TIMES = { _id: 1, storedAtMs: 1 } as const;

const valueRowId = (at: PartitionId, { key, hash }: ValueId): string => `${rowsOf(at).$gt}${key}/${hash}`;

/** Large values in MongoDB. */
export function mongoValues({ db }: { db: Db }): Values {
  const { values } = collectionsOf(db);
  return reachable<Values>({
    async put(at, id, text, nowMs) {
      await values.updateOne(
        { _id: valueRowId(at, id) },
        { $set: { text }, $max: { storedAtMs: nowMs } },
        { upsert: true },
      );
    },

    async get(at, id) {
      const row = await values.findOne({ _id: valueRowId(at, id) });
      return row === null ? undefined : textSchema.parse(row).text;
    },

    async renew(at, id, nowMs) {
      const { matchedCount } = await values.updateOne(
        { _id: valueRowId(at, id) },
        { $max: { storedAtMs: nowMs } },
      );
      return matchedCount === 1;
    },

    async aged(at, { untilMs, after, limit }) {
      if (limit < 1) return []; // to the database, 0 is no limit
      const { $gt, $lt } = rowsOf(at);
      const _id = { $gt: after ? valueRowId(at, after) : $gt, $lt };
      const rows = values
        .find({ _id, storedAtMs: { $lte: untilMs } }, { projection: VALUE_TIMES })
        .hint(VALUE_TIMES)
        .sort({ _id: 1 })
        .limit(limit);
      return (await rows.toArray()).map((row) => {
        const { _id, storedAtMs } = timeSchema.parse(row);
        const name = _id.slice($gt.length);
        const end = name.lastIndexOf('/');
        return { key: name.slice(0, end), hash: name.slice(end + 1), storedAtMs };
      });
    },

    async drop(at, { storedAtMs, ...id }) {
      await values.deleteOne({ _id: valueRowId(at, id), storedAtMs });
    },
  });
}

const textSchema = z.object({ text: z.string() });
const timeSchema = z.object({ _id: z.string(), storedAtMs: z.number() });
