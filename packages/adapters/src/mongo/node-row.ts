import type { Node } from '@mnemon/core';
import { grantSchema, instanceIdSchema, presenceSchema, spaceIdSchema } from '@mnemon/protocol';
import * as z from 'zod';
import type { SetAside } from './set-aside.ts';

export interface NodeRow extends SetAside {
  /** `<space>/<instance>`: no id has a slash. */
  _id: string;
  space: string;
  instanceId: string;
  connectionId: string;
  connectedAtMs: number;
  userId: string;
  /** As text, like `presence`. */
  grants: string;
  status: string;
  lastSeenAtMs: number;
  /** As text, because fields may look like operators. */
  presence?: string;
}

export const nodeRowId = ({ space, instanceId }: Pick<Node, 'space' | 'instanceId'>): string =>
  `${space}/${instanceId}`;

/** All ids of a space's instances after that one lie between: `0` is the character after the slash. */
export const nodesOf = (space: string, after = ''): { $gt: string; $lt: string } => ({
  $gt: `${space}/${after}`,
  $lt: `${space}0`,
});

export function toNodeRow(node: Node): Omit<NodeRow, '_id'> {
  const { grants, presence, ...plain } = node;
  return {
    ...plain,
    grants: JSON.stringify(grants),
    ...(presence && { presence: JSON.stringify(presence) }),
  };
}

const nodeRowSchema = z.object({
  space: spaceIdSchema,
  instanceId: instanceIdSchema,
  connectionId: z.string(),
  connectedAtMs: z.number(),
  userId: z.string(),
  grants: z.string(),
  status: z.enum(['online', 'offline']),
  lastSeenAtMs: z.number(),
  presence: z.string().optional(),
});

export function readNode(row: unknown): Node {
  const { grants, presence, ...plain } = nodeRowSchema.parse(row);
  const node = { ...plain, grants: z.array(grantSchema).parse(JSON.parse(grants)) };
  return presence === undefined ? node : { ...node, presence: presenceSchema.parse(JSON.parse(presence)) };
}
