import * as z from 'zod/mini';

/** A snapshot as people see it: the state of a space after one commit. */
export const snapshotSummarySchema = z.object({
  seq: z.int(),
  epoch: z.string(),
  takenAtMs: z.number(),
  counts: z.object({
    /** Without tombstones. */
    entries: z.int(),
    tombstones: z.int(),
    /** As often as entries name them. */
    entities: z.int(),
    relationships: z.int(),
  }),
  commitHash: z.string(),
  contentHash: z.string(),
});
export type SnapshotSummary = z.infer<typeof snapshotSummarySchema>;
