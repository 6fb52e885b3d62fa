import {
  canonicalText,
  type MutationId,
  type PartitionId,
  storedBatchSchema,
  type WaitingBatch,
} from '@mnemon/core';
import { grantSchema, instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';
import { rowsOf } from './row-range.ts';
import type { SetAside } from './set-aside.ts';

/** A waiting batch as it is kept. */
export interface InboxRow extends MutationId, SetAside {
  _id: string;
  space: string;
  partition: number;
  arrivedAt: Date;
  text: string;
}

export const inboxRowId = (at: PartitionId, { client, n }: MutationId): string =>
  `${rowsOf(at).$gt}${client}/${n}`;

export function toInboxRow(at: PartitionId, waiting: WaitingBatch, nowMs: number): InboxRow {
  const { space, partition } = at;
  const { client, n } = waiting.batch;
  const _id = inboxRowId(at, waiting.batch);
  return { _id, space, partition, client, n, arrivedAt: new Date(nowMs), text: canonicalText(waiting) };
}

const waitingSchema = z.object({
  batch: storedBatchSchema,
  caller: z.object({
    space: spaceIdSchema,
    instanceId: instanceIdSchema,
    userId: z.string(),
    grants: z.array(grantSchema),
    tokenExpiresAtMs: z.number(),
    connectionId: z.string().optional(),
  }),
  requestId: z.string(),
});
const rowSchema = z.object({ text: z.string() });

/** Throws at what is no batch. */
export function readWaiting(row: unknown): MutationId & { waiting: WaitingBatch } {
  const { text } = rowSchema.parse(row);
  const waiting: unknown = JSON.parse(text);
  const { client, n } = waitingSchema.parse(waiting).batch;
  return { client, n, waiting: waiting as WaitingBatch };
}

const arrivalSchema = z.object({ arrivedAt: z.date() });

/** When the batch arrived, in milliseconds since 1970. */
export const readArrival = (row: unknown): number => arrivalSchema.parse(row).arrivedAt.getTime();
