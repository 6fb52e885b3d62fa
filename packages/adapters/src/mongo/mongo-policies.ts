import { canonicalText, type Policies } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { reachable } from './mongo-failures.ts';
import { readPolicies } from './space-row.ts';

/** Policies in the space's row, where every load finds them. */
export function mongoPolicies({ db }: { db: Db }): Policies {
  const { spaces } = collectionsOf(db);
  return reachable<Policies>({
    async get(space) {
      const row = await spaces.findOne({ _id: space }, { projection: { policies: 1 } });
      return row === null ? [] : readPolicies(row);
    },
    async set(space, policies) {
      const { matchedCount } = await spaces.updateOne(
        { _id: space },
        { $set: { policies: canonicalText(policies) } },
      );
      return matchedCount === 1;
    },
  });
}
