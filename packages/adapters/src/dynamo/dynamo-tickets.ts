import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Tickets } from '@mnemon/core';
import { grantSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import { z } from 'zod';
import { available, conditional } from './dynamo-failures.ts';

const identitySchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  userId: z.string(),
  grants: z.array(grantSchema),
  tokenExpiresAtMs: z.number(),
});
const rowSchema = z.object({ identity: z.string() });

/** Tickets in DynamoDB: one row each, which goes when it is taken. TTL clears up behind those that nobody took. */
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
