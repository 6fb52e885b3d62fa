import type { Connection, ConnectionRef, Connections } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';

export interface MemoryConnectionsOptions {
  /** A connection not heard of for longer than this is not listed any more. */
  staleAfterMs: number;
}

/** Who is connected, as long as this process lives. Rows are replaced, never changed: what was answered stays. */
export function memoryConnections({ staleAfterMs }: MemoryConnectionsOptions): Connections {
  const spaces = new Map<SpaceId, Map<InstanceId, Connection>>();
  /** By connection, the number of the change of its subscriptions that was made last. */
  const lastChanges = new Map<string, number>();

  const rowsOf = (space: SpaceId): Map<InstanceId, Connection> => {
    const rows = spaces.get(space) ?? new Map<InstanceId, Connection>();
    spaces.set(space, rows);
    return rows;
  };

  const find = (ref: ConnectionRef): Connection | undefined => {
    const row = spaces.get(ref.space)?.get(ref.instanceId);
    return row?.connectionId === ref.connectionId ? row : undefined;
  };

  return {
    async put(connection) {
      const rows = rowsOf(connection.space);
      const former = rows.get(connection.instanceId);
      if (former?.connectionId === connection.connectionId) return { current: true, row: former };
      if (former && isLater(former, connection)) return { current: false };
      const row = { ...connection, subscriptions: [...new Set(connection.subscriptions)] };
      rows.set(connection.instanceId, row);
      if (former) lastChanges.delete(former.connectionId);
      return { current: true, row, ...(former && { replaced: former }) };
    },

    async touch(ref, nowMs) {
      const row = find(ref);
      if (row) rowsOf(ref.space).set(ref.instanceId, { ...row, lastSeenAtMs: nowMs });
      return row;
    },

    async changeSubscriptions(ref, { add = [], remove = [], number }) {
      const row = find(ref);
      if (!row) return undefined;
      if (number !== undefined) {
        if (number < (lastChanges.get(ref.connectionId) ?? 0)) return 'overtaken';
        lastChanges.set(ref.connectionId, number);
      }
      const kept = row.subscriptions.filter((pattern) => !remove.includes(pattern));
      const subscriptions = [...new Set([...kept, ...add])];
      rowsOf(ref.space).set(ref.instanceId, { ...row, subscriptions });
      return { before: row.subscriptions, after: subscriptions };
    },

    async remove(ref) {
      if (!find(ref)) return false;
      const rows = rowsOf(ref.space);
      lastChanges.delete(ref.connectionId);
      rows.delete(ref.instanceId);
      if (rows.size === 0) spaces.delete(ref.space);
      return true;
    },

    async list(space, nowMs) {
      const rows = [...(spaces.get(space)?.values() ?? [])];
      return rows.filter((row) => nowMs - row.lastSeenAtMs <= staleAfterMs);
    },
  };
}

const isLater = (one: Connection, other: Connection): boolean =>
  one.connectedAtMs === other.connectedAtMs
    ? one.connectionId > other.connectionId
    : one.connectedAtMs > other.connectedAtMs;
