import type { Node } from '@mnemon/core';
import { instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';

export interface NodeRow {
  _id: string;
  space: string;
  instanceId: string;
  userId: string;
  status: string;
  lastSeenAtMs: number;
}

export const nodeRowId = ({ space, instanceId }: Node): string => `${space}/${instanceId}`;

export const toNodeRow = ({
  space,
  instanceId,
  userId,
  status,
  lastSeenAtMs,
}: Node): Omit<NodeRow, '_id'> => ({
  space,
  instanceId,
  userId,
  status,
  lastSeenAtMs,
});

const nodeSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  userId: z.string(),
  status: z.enum(['online', 'offline']),
  lastSeenAtMs: z.number(),
});

export const readNode = (row: unknown): Node => nodeSchema.parse(row);
