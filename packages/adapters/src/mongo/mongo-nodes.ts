import type { Node, Nodes } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { nodeRowId, nodesOf, readNode, toNodeRow } from './node-row.ts';

/** Presence in MongoDB. */
export function mongoNodes({ db }: { db: Db }): Nodes {
  const { nodes } = collectionsOf(db);

  /** False where the upsert was an insert of an `_id` that exists: of a later connection, or by somebody faster. */
  const replace = async (node: Node): Promise<boolean> => {
    const notLater = { _id: nodeRowId(node), connectedAtMs: { $lte: node.connectedAtMs } };
    try {
      await nodes.replaceOne(notLater, toNodeRow(node), { upsert: true });
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return false;
    }
  };

  return reachable<Nodes>({
    async put(node) {
      if (!(await replace(node))) await replace(node); // of two that insert at once, the second finds the first's
    },

    async leave(connection, atMs) {
      const here = { _id: nodeRowId(connection), connectionId: connection.connectionId, status: 'online' };
      const row = await nodes.findOneAndUpdate(here, { $set: { status: 'offline', lastSeenAtMs: atMs } });
      return row === null ? undefined : readNode(row);
    },

    async get(instance) {
      const row = await nodes.findOne({ _id: nodeRowId(instance) });
      return row === null ? undefined : readNode(row);
    },

    async list(space, stretch) {
      const rows = nodes.find({ _id: nodesOf(space, stretch?.after) }).sort({ _id: 1 });
      return (await (stretch ? rows.limit(stretch.limit) : rows).toArray()).map(readNode);
    },

    async silent({ untilMs, after, limit }) {
      const later = after && [
        { lastSeenAtMs: after.lastSeenAtMs, _id: { $gt: nodeRowId(after) } },
        { lastSeenAtMs: { $gt: after.lastSeenAtMs } },
      ];
      const rows = nodes
        .find({ status: 'online', lastSeenAtMs: { $lte: untilMs }, ...(later && { $or: later }) })
        .sort({ lastSeenAtMs: 1, _id: 1 })
        .limit(limit);
      return (await rows.toArray()).map(readNode);
    },
  });
}
