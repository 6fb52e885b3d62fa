import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { pagingFields } from '../paging.ts';
import { nodeSchema } from '../presence.ts';

export const nodesRequestSchema = z.strictObject(pagingFields);
export type NodesRequest = z.infer<typeof nodesRequestSchema>;

/** In the order of their ids. While there is a `page`, ask on with it. */
export const nodesPageSchema = z.object({
  nodes: z.array(nodeSchema),
  /** What the server's clock, by which they were seen, says now. */
  nowMs: z.number(),
  page: z.optional(z.string()),
});
export type NodesPage = z.infer<typeof nodesPageSchema>;

/** Asks for the space's instances. */
export const nodesSchema = envelope('nodes', nodesRequestSchema);
export const nodesAnswerSchema = envelope('nodes', nodesPageSchema);
