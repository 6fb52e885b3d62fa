import * as z from 'zod/mini';
import { cursorSchema } from '../cursor.ts';
import { envelope } from '../envelope.ts';
import { instanceIdSchema } from '../ids.ts';
import { outcomeSchema } from '../outcome.ts';
import { snapshotSummarySchema } from './snapshot.ts';
import { verdictSchema } from './verify.ts';

/** What became of one batch of keys, which was applied in one commit. While there is a `page` token, ask on. */
export const restoredSchema = z.object({
  from: cursorSchema,
  to: cursorSchema,
  /** Left out when nothing had to be, or could be, changed. */
  commit: z.optional(z.object({ partition: z.int(), seq: z.int() })),
  /** Of the keys that differed. `conflict`: changed since `from`. */
  outcomes: z.array(z.object({ key: z.string(), outcome: outcomeSchema })),
  page: z.optional(z.string()),
});
export type Restored = z.infer<typeof restoredSchema>;

/** Where the new space's log stands. While it is not `complete`, ask again: the same request goes on where it ended. */
export const forkedSchema = z.object({ cursor: cursorSchema, complete: z.boolean() });
export type Forked = z.infer<typeof forkedSchema>;

/** Where the log stands in its new epoch. */
export const renewedEpochSchema = z.object({ cursor: cursorSchema });
export type RenewedEpoch = z.infer<typeof renewedEpochSchema>;

/**
 * How some of the entries that are kept compare with those that the log makes. While there is a `page` token, ask on; what
 * all pages say together is the answer.
 */
export const rebuiltSchema = z.object({
  /** Keys whose newest version the log still holds, and keys besides that nothing accounts for. */
  compared: z.int(),
  wrong: z.int(),
  /** The first of those that are wrong. */
  differences: z.array(
    z.object({
      key: z.string(),
      /** Not there; made by no commit; with another content than its commit gave it. */
      problem: z.enum(['missing', 'unfounded', 'different']),
      /** The commit that made it last, by the log. */
      seq: z.optional(z.int()),
    }),
  ),
  page: z.optional(z.string()),
});
export type Rebuilt = z.infer<typeof rebuiltSchema>;

export const spaceStatsSchema = z.object({
  /** With the epoch. */
  head: cursorSchema,
  /** In the log; older ones were compacted. */
  commits: z.int(),
  entries: z.int(),
  tombstones: z.int(),
  /** Of entries and tombstones as they are kept, without indexes. */
  sizeBytes: z.int(),
  nodes: z.array(
    z.object({
      instanceId: instanceIdSchema,
      status: z.enum(['online', 'offline']),
      lastSeenAtMs: z.number(),
      /** Commits that it had not seen when it last said where it is; left out when it never did in this epoch. */
      lag: z.optional(z.int()),
    }),
  ),
});
export type SpaceStats = z.infer<typeof spaceStatsSchema>;

export const adminAnswerSchema = envelope(
  'admin',
  z.discriminatedUnion('action', [
    z.object({ action: z.literal('stats'), result: spaceStatsSchema }),
    z.object({ action: z.literal('verify'), result: verdictSchema }),
    z.object({ action: z.literal('take-snapshot'), result: snapshotSummarySchema }),
    /** The newest first. */
    z.object({ action: z.literal('list-snapshots'), result: z.array(snapshotSummarySchema) }),
    z.object({ action: z.literal('rebuild'), result: rebuiltSchema }),
    z.object({ action: z.literal('restore'), result: restoredSchema }),
    z.object({ action: z.literal('fork'), result: forkedSchema }),
    z.object({ action: z.literal('renew-epoch'), result: renewedEpochSchema }),
  ]),
);
export type AdminAnswer = z.infer<typeof adminAnswerSchema>;
