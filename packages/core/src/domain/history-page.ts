import { chainEndSchema, cursorSchema } from '@mnemon/protocol';
import * as z from 'zod';
import { opaqueToken } from './opaque-token.ts';

const pastSchema = z.strictObject({ seq: z.int().min(0), timeMs: z.number() });
/**
 * A moment that was found: the state that the commits up to `seq` made, without what had expired by `timeMs`.
 */
export type Past = z.infer<typeof pastSchema>;

const epoch = cursorSchema.shape.epoch;
const afterKey = z.string().max(512);

/** The versions before `version`, which the commit at `seq` made. */
export const historyToken = opaqueToken(
  z.strictObject({ of: z.literal('history'), epoch, seq: z.int().min(1), version: z.int() }),
);

/** The entries of that moment after `afterKey`. */
export const stateToken = opaqueToken(
  z.strictObject({ of: z.literal('past-state'), epoch, at: pastSchema, afterKey }),
);

/** The keys after `afterKey` that differ. */
export const diffToken = opaqueToken(
  z.strictObject({ of: z.literal('diff'), epoch, from: pastSchema, to: pastSchema, afterKey }),
);

/** The keys after `afterKey` that are to be restored. */
export const restoreToken = opaqueToken(
  z.strictObject({ of: z.literal('restore'), epoch, from: pastSchema, to: pastSchema, afterKey }),
);

/** The commits after `end`, which was reached. */
export const verifyToken = opaqueToken(z.strictObject({ of: z.literal('verify'), end: chainEndSchema }));

/** What of a comparison comes next: which part, and where in it. */
export const rebuildToken = opaqueToken(
  z.strictObject({
    of: z.literal('rebuild'),
    epoch,
    part: z.int().min(0).max(2),
    place: z.strictObject({ afterKey: afterKey.optional(), afterSeq: z.int().min(0).optional() }),
  }),
);
