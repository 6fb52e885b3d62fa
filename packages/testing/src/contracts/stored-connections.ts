import { randomUUID } from 'node:crypto';
import type { Connection, Connections } from '@mnemon/core';
import type { InstanceId, SpaceId } from '@mnemon/protocol';

export const NOW_MS = 1_750_000_000_000;
export const STALE_AFTER_MS = 60_000;

export const newSpace = (): SpaceId => `team:${randomUUID()}` as SpaceId;

export function connection(fields: Partial<Connection> = {}): Connection {
  return {
    space: newSpace(),
    instanceId: `worker:${randomUUID()}` as InstanceId,
    connectionId: `${randomUUID()}=`,
    userId: 'ada@example.com',
    subscriptions: ['**'],
    grants: [{ pattern: '**', access: 'write' }],
    tokenExpiresAtMs: NOW_MS + 3_600_000,
    connectedAtMs: NOW_MS,
    lastSeenAtMs: NOW_MS,
    ...fields,
  };
}

/** A later connection of the same instance. */
export const successor = ({ space, instanceId, connectedAtMs }: Connection): Connection =>
  connection({ space, instanceId, connectedAtMs: connectedAtMs + 1 });

export async function twoOfOneSpace(connections: Connections): Promise<[Connection, Connection]> {
  const one = connection();
  const two = connection({ space: one.space });
  await Promise.all([connections.put(one), connections.put(two)]);
  return [one, two];
}

export const sorted = (row: Connection): Connection => ({
  ...row,
  subscriptions: [...row.subscriptions].sort(),
});

export const byId = (rows: readonly Connection[]): Connection[] =>
  [...rows].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
