import {
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import { identitySchema, type Tickets } from '@mnemon/core';
import * as z from 'zod';
import { available, conditional } from './dynamo-failures.ts';

const rowSchema = z.object({ identity: z.string() });

const MAX_WRITES = 25;

/**
 * Tickets in DynamoDB: one row each, which goes when it is taken. Those that nobody took are few: TTL clears up behind them,
 * within days, and where it doesn't, `dropExpired`.
 */
export function dynamoTickets({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient;
  tableName: string;
}): Tickets {
  const table = { TableName: tableName };
  return {
    async put({ name, identity, expiresAtMs }) {
      const ttl = Math.ceil(expiresAtMs / 1000);
      const row = { name, identity: JSON.stringify(identity), expiresAtMs, ttl };
      await available(client.send(new PutCommand({ ...table, Item: row })));
    },

    async dropExpired(nowMs, limit) {
      let dropped = 0;
      let from: Record<string, unknown> | undefined;
      do {
        const scan = new ScanCommand({
          ...table,
          ...(from && { ExclusiveStartKey: from }),
          FilterExpression: 'expiresAtMs <= :now',
          ExpressionAttributeValues: { ':now': nowMs },
          ProjectionExpression: '#name',
          ExpressionAttributeNames: { '#name': 'name' },
        });
        const page = await available(client.send(scan));
        const expired = (page.Items ?? []).slice(0, limit - dropped);
        for (let i = 0; i < expired.length; i += MAX_WRITES) {
          const deletes = expired.slice(i, i + MAX_WRITES).map((Key) => ({ DeleteRequest: { Key } }));
          const batch = new BatchWriteCommand({ RequestItems: { [tableName]: deletes } });
          // What DynamoDB leaves undone is there the next time.
          await available(client.send(batch));
        }
        dropped += expired.length;
        from = page.LastEvaluatedKey;
      } while (from && dropped < limit);
      return dropped;
    },

    async take(name, nowMs) {
      // Deleted only as long as it is there: of two who try at once, one finds the condition no longer true.
      const take = new DeleteCommand({
        ...table,
        Key: { name },
        ConditionExpression: 'expiresAtMs > :now',
        ExpressionAttributeValues: { ':now': nowMs },
        ReturnValues: 'ALL_OLD',
      });
      const taken = await conditional(client.send(take));
      return taken && identitySchema.parse(JSON.parse(rowSchema.parse(taken.Attributes).identity));
    },
  };
}
