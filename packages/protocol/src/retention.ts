import * as z from 'zod/mini';
import { LIMITS } from './limits.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a space keeps of its past. */
export const retentionSchema = z.strictObject({
  /**
   * For how long every commit is kept. Never less than the oldest write that is taken, and a day: the log remembers which
   * batches were applied (I6).
   */
  logMs: z.int().check(z.gte(LIMITS.writeAgeMs + DAY_MS)),
  /** A snapshot is due after this many commits. */
  snapshotEveryCommits: z.int().check(z.gte(100)),
});
export type Retention = z.infer<typeof retentionSchema>;

export const DEFAULT_RETENTION: Retention = {
  logMs: LIMITS.writeAgeMs + DAY_MS,
  snapshotEveryCommits: 10_000,
};
