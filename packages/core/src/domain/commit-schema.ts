import {
  clientIdSchema,
  eventSchema,
  instanceIdSchema,
  outcomeSchema,
  spaceIdSchema,
} from '@mnemon/protocol';
import * as z from 'zod';

/** A commit that comes from outside. Values are not looked into: they were when they were written. */
export const commitSchema = z.object({
  space: spaceIdSchema,
  partition: z.int(),
  seq: z.int(),
  epoch: z.string(),
  author: instanceIdSchema,
  committedAtMs: z.number(),
  events: z.array(eventSchema),
  mutation: z.object({ client: clientIdSchema, n: z.int(), outcomes: z.array(outcomeSchema) }),
  prevHash: z.string(),
});
