import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { receivedEventsSchema } from '../event.ts';
import { clientIdSchema, instanceIdSchema } from '../ids.ts';
import { outcomeSchema } from '../outcome.ts';

/** The answer to one batch, one outcome per operation, in its order. */
export const ackSchema = z.object({
  client: clientIdSchema,
  n: z.int(),
  /** The commit that holds what was applied; left out when nothing was. It may lie far behind, after a resend. */
  commit: z.optional(z.object({ partition: z.int(), seq: z.int() })),
  outcomes: z.array(outcomeSchema),
  /** How many batches were committed together; while it is high, gather longer. */
  shared: z.int(),
});
export type Ack = z.infer<typeof ackSchema>;

/** One commit as one reader may see it: without the events outside its grants. */
export const deliverySchema = z.object({
  partition: z.int(),
  seq: z.int(),
  /**
   * The newest commit before this one that this connection should have had: of its topics, so `seq - 1` for `**`. Beyond
   * the reader's cursor it means a gap.
   */
  prev: z.int(),
  author: instanceIdSchema,
  events: receivedEventsSchema,
  /** Of a commit that was too big for one frame. All parts are applied together (I4). */
  part: z.optional(z.object({ index: z.int(), count: z.int() })),
});
export type Delivery = z.infer<typeof deliverySchema>;

/**
 * New commits, pushed; and the writer's ack, which rides on the commit that it answers. A batch that was
 * refused for what it is made no commit: its ack comes alone.
 */
export const changesSchema = envelope(
  'changes',
  z.object({ epoch: z.string(), commits: z.array(deliverySchema), acks: z.optional(z.array(ackSchema)) }),
);
export type Changes = z.infer<typeof changesSchema>;
