import type { Node, Nodes } from '@mnemon/core';
import type { Db } from 'mongodb';
import { collectionsOf } from './collections.ts';
import { isDuplicate, reachable } from './mongo-failures.ts';
import { type NodeRow, nodeRowId, nodesOf, readNode, toNodeRow } from './node-row.ts';
import { type OnUnreadable, READABLE, readSettingAside } from './set-aside.ts';

interface MongoNodesOptions {
  db: Db;
  onUnreadable?: OnUnreadable | undefined;
}

/** Presence in MongoDB. An instance whose row cannot be read is not there until it is noted anew. */
export function mongoNodes({ db, onUnreadable }: MongoNodesOptions): Nodes {
  const { nodes } = collectionsOf(db);
  const collection = nodes.collectionName;
  const readEach = readSettingAside<NodeRow, Node>({
    ...{ db, collection, read: readNode, stamp: 'lastSeenAtMs', onUnreadable },
  });
  const readOne = async (query: () => Promise<NodeRow | null>): Promise<Node | undefined> => {
    const [node] = await readEach(async () => {
      const row = await query();
      return row === null ? [] : [row];
    });
    return node;
  };

  /** False where the upsert was an insert of an `_id` that exists: of a later connection, or by somebody faster. */
  const replace = async (node: Node): Promise<boolean> => {
    const isNotLater = [{ connectedAtMs: { $lte: node.connectedAtMs } }, { unreadable: true } as const];
    try {
      await nodes.replaceOne({ _id: nodeRowId(node), $or: isNotLater }, toNodeRow(node), { upsert: true });
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
      const { connectionId } = connection;
      const here = { _id: nodeRowId(connection), connectionId, status: 'online', ...READABLE };
      return readOne(() => nodes.findOneAndUpdate(here, { $set: { status: 'offline', lastSeenAtMs: atMs } }));
    },

    async get(instance) {
      return readOne(() => nodes.findOne({ _id: nodeRowId(instance), ...READABLE }));
    },

    async list(space, stretch) {
      return readEach(() => {
        const rows = nodes.find({ _id: nodesOf(space, stretch?.after), ...READABLE }).sort({ _id: 1 });
        return (stretch ? rows.limit(stretch.limit) : rows).toArray();
      });
    },

    async silent({ untilMs, after, limit }) {
      const later = after && [
        { lastSeenAtMs: after.lastSeenAtMs, _id: { $gt: nodeRowId(after) } },
        { lastSeenAtMs: { $gt: after.lastSeenAtMs } },
      ];
      const isSilent = { status: 'online', lastSeenAtMs: { $lte: untilMs }, ...READABLE };
      return readEach(() =>
        nodes
          .find({ ...isSilent, ...(later && { $or: later }) })
          .sort({ lastSeenAtMs: 1, _id: 1 })
          .limit(limit)
          .toArray(),
      );
    },
  });
}
