import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Connection, ConnectionRef, Connections } from '@mnemon/core';
import { fromRow, keyOf, readKey, toRow, ttlAfter } from './connection-row.ts';
import { available, conditional } from './dynamo-failures.ts';
import { partitionQuery } from './partition-query.ts';

export interface DynamoConnectionsOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** A connection not heard of for longer than this is not listed any more. */
  staleAfterMs: number;
}

/** Late calls of a connection that was replaced find another's id and do nothing. */
const ownRow = ({ connectionId }: ConnectionRef) => ({
  ConditionExpression: 'connectionId = :own',
  ExpressionAttributeValues: { ':own': connectionId },
});

/** Not for the row of a later connection, nor for the own one. There may be no row, or a strange one: then it holds. */
const unlessLater = ({ connectedAtMs, connectionId }: Connection) => ({
  ConditionExpression: 'NOT (connectedAtMs > :at OR (connectedAtMs = :at AND connectionId >= :own))',
  ExpressionAttributeValues: { ':at': connectedAtMs, ':own': connectionId },
});

/** Nor does a change that comes after one with a greater number. */
function unlessOvertaken(ref: ConnectionRef, number: number | undefined) {
  const own = ownRow(ref);
  if (number === undefined) return own;
  return {
    ConditionExpression: `${own.ConditionExpression} AND NOT lastChange > :number`,
    ExpressionAttributeValues: { ...own.ExpressionAttributeValues, ':number': number },
  };
}

function changed(
  before: readonly string[],
  { add = [], remove = [] }: { add?: readonly string[] | undefined; remove?: readonly string[] | undefined },
): readonly string[] {
  return [...new Set([...before.filter((pattern) => !remove.includes(pattern)), ...add])];
}

/** Who is connected, in DynamoDB: one row per space and instance. */
export function dynamoConnections({
  client,
  tableName,
  staleAfterMs,
}: DynamoConnectionsOptions): Connections {
  const table = { TableName: tableName };
  const rowsOf = partitionQuery(client, tableName);

  /** The row, if it is still this connection's. */
  async function find(ref: ConnectionRef): Promise<Connection | undefined> {
    const get = new GetCommand({ ...table, Key: keyOf(ref), ConsistentRead: true });
    const row = fromRow((await available(client.send(get))).Item);
    return row?.connectionId === ref.connectionId ? row : undefined;
  }

  return {
    async put(connection) {
      const condition = unlessLater(connection);
      const put = new PutCommand({
        ...table,
        Item: toRow(connection),
        ...condition,
        ReturnValues: 'ALL_OLD',
      });
      const answer = await conditional(client.send(put));
      if (answer) {
        const replaced = fromRow(answer.Attributes);
        return { current: true, row: connection, ...(replaced && { replaced }) };
      }
      // The own row is there already: `connect` was said twice, or an answer got lost and the SDK tried again. Read
      // rather than asked for with the refusal: not every stand-in for DynamoDB shows it, and this is rare.
      const row = await find(connection);
      return row ? { current: true, row } : { current: false };
    },

    async touch(ref, nowMs) {
      const own = ownRow(ref);
      const update = new UpdateCommand({
        ...table,
        Key: keyOf(ref),
        ...own,
        UpdateExpression: 'SET lastSeenAtMs = :now, #ttl = :ttl',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ...own.ExpressionAttributeValues,
          ':now': nowMs,
          ':ttl': ttlAfter(nowMs),
        },
        ReturnValues: 'ALL_OLD',
      });
      const answer = await conditional(client.send(update));
      return fromRow(answer?.Attributes);
    },

    async changeSubscriptions(ref, { add, remove, number }) {
      const patterns = add ?? remove;
      if (patterns.length === 0) {
        const row = await find(ref);
        return row && { before: row.subscriptions, after: row.subscriptions };
      }
      const own = unlessOvertaken(ref, number);
      // ADD and DELETE work on the set where it is: of concurrent changes none is lost.
      const change = `${add ? 'ADD' : 'DELETE'} subscriptions :patterns`;
      const update = new UpdateCommand({
        ...table,
        Key: keyOf(ref),
        ...own,
        UpdateExpression: number === undefined ? change : `${change} SET lastChange = :number`,
        ExpressionAttributeValues: { ...own.ExpressionAttributeValues, ':patterns': new Set(patterns) },
        ReturnValues: 'ALL_OLD',
      });
      const answer = await conditional(client.send(update));
      if (!answer) return number !== undefined && (await find(ref)) ? 'overtaken' : undefined;
      const before = fromRow(answer.Attributes)?.subscriptions;
      return before && { before, after: changed(before, { add, remove }) };
    },

    async remove(ref) {
      const remove = new DeleteCommand({ ...table, Key: keyOf(ref), ...ownRow(ref) });
      return (await conditional(client.send(remove))) !== undefined;
    },

    async stale({ nowMs, after, limit }) {
      // A walk over the table: an index by time would be written with every heartbeat.
      const scan = new ScanCommand({
        ...table,
        Limit: limit,
        ...(after && { ExclusiveStartKey: keyOf(after) }),
        FilterExpression: 'lastSeenAtMs < :heard',
        ExpressionAttributeValues: { ':heard': nowMs - staleAfterMs },
      });
      const { Items = [], ScannedCount = 0, LastEvaluatedKey } = await available(client.send(scan));
      return {
        rows: Items.flatMap((item) => fromRow(item) ?? []),
        looked: ScannedCount,
        ...(LastEvaluatedKey && { reached: readKey(LastEvaluatedKey) }),
      };
    },

    async removeStale(ref, nowMs) {
      const own = ownRow(ref);
      const remove = new DeleteCommand({
        ...table,
        Key: keyOf(ref),
        ConditionExpression: `${own.ConditionExpression} AND lastSeenAtMs < :heard`,
        ExpressionAttributeValues: { ...own.ExpressionAttributeValues, ':heard': nowMs - staleAfterMs },
      });
      return (await conditional(client.send(remove))) !== undefined;
    },

    async list(space, nowMs) {
      const rows = await available(rowsOf({ name: 'space', value: space }));
      return rows.flatMap((row) => {
        const connection = fromRow(row);
        return connection && nowMs - connection.lastSeenAtMs <= staleAfterMs ? [connection] : [];
      });
    },
  };
}
