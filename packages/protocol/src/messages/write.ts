import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { hybridTimeSchema } from '../hybrid-clock.ts';
import { clientIdSchema } from '../ids.ts';
import { jsonValueSchema } from '../json-value.ts';
import { keySchema } from '../key.ts';
import { LIMITS } from '../limits.ts';
import { vectorClockSchema } from '../vector-clock.ts';

const opFields = {
  key: keySchema,
  /** The clock of the version that the writer last read of this key; empty when it has read none. */
  seen: vectorClockSchema,
  /** When the writer wrote. */
  hlc: hybridTimeSchema,
  /** Refuses with `conflict` unless the entry is at this version; 0 is a key that does not exist. */
  expectedVersion: z.optional(z.int().check(z.gte(0))),
};

/** One operation on one key. */
export const opSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('put'), ...opFields, value: jsonValueSchema }),
  z.strictObject({ op: z.literal('delete'), ...opFields }),
]);
export type Op = z.infer<typeof opSchema>;

/**
 * A batch, applied in one commit or not at all except for operations that are refused one by one. `client` and `n`
 * identify it for ever: a batch that is sent again under them is applied at most once (I6).
 */
export const batchSchema = z.strictObject({
  client: clientIdSchema,
  n: z.int().check(z.gte(1)),
  ops: z
    .array(opSchema)
    .check(z.minLength(1), z.maxLength(LIMITS.batchOps, { error: 'too many operations' })),
  /** Set when the batch may have been sent before, so that the first answer is looked for first. */
  resend: z.optional(z.boolean()),
});
export type Batch = z.infer<typeof batchSchema>;

/** Answered by `changes` with an `ack`, or by `error` when no operation could be looked at. */
export const writeSchema = envelope('write', batchSchema);
export type Write = z.infer<typeof writeSchema>;
