import type { Nodes } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { nodeRowId, readNode, toNodeRow } from './node-row.ts';

/** Presence in MongoDB. */
export function mongoNodes({ db }: { db: Db }): Nodes {
  const { nodes } = collectionsOf(db);
  return reachable<Nodes>({
    async put(node) {
      const replace = () => nodes.replaceOne({ _id: nodeRowId(node) }, toNodeRow(node), { upsert: true });
      await replace().catch((error) => {
        if (!isDuplicate(error)) throw error;
        return replace(); // of two that insert at once, the second finds the first's
      });
    },

    async list(space) {
      return (await nodes.find({ space }).toArray()).map(readNode);
    },
  });
}
