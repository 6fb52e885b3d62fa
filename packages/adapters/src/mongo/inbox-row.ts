import { canonicalText, type MutationId, type PartitionId, type WaitingBatch } from '@mnemon/core';
import { batchSchema, grantSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';

/** A waiting batch as it is kept; it arrived when the database says so. */
export interface InboxRow extends MutationId {
  _id: string;
  space: string;
  partition: number;
  arrivedAt: Date;
  text: string;
}

export const inboxRowId = ({ space, partition }: PartitionId, { client, n }: MutationId): string =>
  `${space}/${partition}/${client}/${n}`;

/** All but the time of arrival, which the database adds. */
export function toInboxRow(at: PartitionId, waiting: WaitingBatch): Omit<InboxRow, '_id' | 'arrivedAt'> {
  const { client, n } = waiting.batch;
  return { space: at.space, partition: at.partition, client, n, text: canonicalText(waiting) };
}

const waitingSchema = z.object({
  batch: batchSchema,
  caller: z.object({
    space: spaceIdSchema,
    instanceId: instanceIdSchema,
    userId: z.string(),
    grants: z.array(grantSchema),
    tokenExpiresAtMs: z.number(),
    connectionId: z.string(),
  }),
  requestId: z.string(),
});
const rowSchema = z.object({ client: z.string(), n: z.int(), text: z.string() });

export function readWaiting(row: unknown): MutationId & { waiting: WaitingBatch } {
  const { text } = rowSchema.parse(row);
  const waiting: unknown = JSON.parse(text);
  const { client, n } = waitingSchema.parse(waiting).batch;
  return { client, n, waiting: waiting as WaitingBatch };
}

export const waitedSchema = z.object({ waitedMs: z.number() });
