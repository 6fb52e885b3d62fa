import {
  type Batch,
  clientIdSchema,
  type LargeValue,
  largeValueSchema,
  type Op,
  opSchema,
} from '@mnemon/protocol';
import * as z from 'zod';

/**
 * An operation as it is decided on. Of a put of a large value, `large` says what is kept beside the log, and `value` is
 * null. The server alone says so: a frame that names a value by its hash is refused, or anybody could read any (I8).
 */
export type StoredOp = Op & { large?: LargeValue | undefined };

export type StoredBatch = Omit<Batch, 'ops'> & { ops: readonly StoredOp[] };

const storedOpSchema = z.custom<StoredOp>((op) => {
  const { large, ...said } = (op ?? {}) as Partial<StoredOp>;
  return (
    opSchema.safeParse(said).success && (large === undefined || largeValueSchema.safeParse(large).success)
  );
});

/** A batch that a store has kept. */
export const storedBatchSchema = z.object({
  client: clientIdSchema,
  n: z.int().min(1),
  ops: z.array(storedOpSchema),
  resend: z.boolean().optional(),
});
