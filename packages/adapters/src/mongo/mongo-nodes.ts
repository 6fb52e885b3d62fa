import type { Nodes } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { reachable, retryDuplicate } from './mongo-failures.ts';
import { nodeRowId, readNode, toNodeRow } from './node-row.ts';

/** Presence in MongoDB. */
export function mongoNodes({ db }: { db: Db }): Nodes {
  const { nodes } = collectionsOf(db);
  return reachable<Nodes>({
    async put(node) {
      const replace = () => nodes.replaceOne({ _id: nodeRowId(node) }, toNodeRow(node), { upsert: true });
      await retryDuplicate(replace);
    },

    async list(space) {
      return (await nodes.find({ space }).toArray()).map(readNode);
    },
  });
}
