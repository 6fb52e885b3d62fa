import type { Connection, ConnectionRef, Connections, ReachedRow } from '@mnemon/core';
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

  const drop = (ref: ConnectionRef): void => {
    const rows = rowsOf(ref.space);
    lastChanges.delete(ref.connectionId);
    rows.delete(ref.instanceId);
    if (rows.size === 0) spaces.delete(ref.space);
  };

  const isStale = ({ lastSeenAtMs }: Connection, nowMs: number): boolean =>
    nowMs - lastSeenAtMs > staleAfterMs;

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
      drop(ref);
      return true;
    },

    async stale({ nowMs, after, limit }) {
      const rows = [...spaces.values()].flatMap((space) => [...space.values()]).sort(byName);
      const left = after ? rows.filter((row) => byName(row, after) > 0) : rows;
      const page = left.slice(0, limit);
      const last = page.at(-1);
      const more = last && page.length < left.length;
      return {
        rows: page.filter((row) => isStale(row, nowMs)),
        looked: page.length,
        ...(more && { reached: { space: last.space, instanceId: last.instanceId } }),
      };
    },

    async removeStale(ref, nowMs) {
      const row = find(ref);
      if (!row || !isStale(row, nowMs)) return false;
      drop(ref);
      return true;
    },

    async list(space, nowMs) {
      const rows = [...(spaces.get(space)?.values() ?? [])];
      return rows.filter((row) => !isStale(row, nowMs));
    },
  };
}

const isLater = (one: Connection, other: Connection): boolean =>
  one.connectedAtMs === other.connectedAtMs
    ? one.connectionId > other.connectionId
    : one.connectedAtMs > other.connectedAtMs;

const byName = (one: ReachedRow, other: ReachedRow): number =>
  compare(one.space, other.space) || compare(one.instanceId, other.instanceId);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
