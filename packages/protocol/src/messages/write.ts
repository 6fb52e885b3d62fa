import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { hybridTimeSchema, isHybridTime } from '../hybrid-clock.ts';
import { clientIdSchema } from '../ids.ts';
import { jsonValueSchema, valueProblem } from '../json-value.ts';
import { keyProblem, keySchema } from '../key.ts';
import { LIMITS } from '../limits.ts';
import { putMetadataFields } from '../metadata.ts';
import { strategySchema } from '../strategy.ts';
import { clockProblem, vectorClockSchema } from '../vector-clock.ts';
import { fenceSchema } from './lock-answer.ts';

const opFields = {
  key: keySchema,
  /** The clock of the version that the writer last read of this key; empty when it has read none. */
  seen: vectorClockSchema,
  /** The `seq` of that version: there the server finds what the writer's value was made from. */
  seenSeq: z.optional(z.int().check(z.gte(1))),
  /** When the writer wrote. */
  hlc: hybridTimeSchema,
  /** Refuses with `conflict` unless the entry is at this version; 0 is a key that does not exist. */
  expectedVersion: z.optional(z.int().check(z.gte(0))),
  /** Instead of the one that the space's policies name. */
  strategy: z.optional(strategySchema),
  fence: z.optional(fenceSchema),
};

const ttlMs = z.optional(z.int().check(z.gte(1), z.lte(LIMITS.ttlMs)));
const items = z.optional(z.array(jsonValueSchema).check(z.maxLength(LIMITS.setChanges)));

/**
 * One operation on one key. A `put` is a whole new version: tags, entities, relationships, importance and lifetime that
 * it does not name are gone with the old one. `increment` and `change-set` carry a change instead of a value: whoever
 * sends one needs to have read nothing, and none is lost; of a missing key they make a counter or a set, and of one
 * that is there they keep all else.
 */
export const opSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('put'), ...opFields, value: jsonValueSchema, ...putMetadataFields, ttlMs }),
  z.strictObject({ op: z.literal('delete'), ...opFields, importance: putMetadataFields.importance }),
  z.strictObject({ op: z.literal('increment'), ...opFields, by: z.int() }),
  z.strictObject({ op: z.literal('change-set'), ...opFields, add: items, remove: items }),
]);
export type Op = z.infer<typeof opSchema>;

const PLAIN_FIELDS = new Set(['op', 'key', 'value', 'seen', 'seenSeq', 'hlc']);

/** Whether it is a put of a value and nothing more, as most operations are. Answers no for others, whatever they are. */
export function isPlainPut(op: unknown): boolean {
  if (typeof op !== 'object' || op === null) return false;
  for (const field in op) if (!PLAIN_FIELDS.has(field)) return false;
  const { op: kind, key, value, seen, seenSeq, hlc } = op as Record<string, unknown>;
  return (
    kind === 'put' &&
    typeof key === 'string' &&
    keyProblem(key) === undefined &&
    value !== undefined &&
    valueProblem(value) === undefined &&
    clockProblem(seen) === undefined &&
    (seenSeq === undefined || (Number.isSafeInteger(seenSeq) && (seenSeq as number) >= 1)) &&
    isHybridTime(hlc)
  );
}

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

/** In the place of operations that are checked already. */
const STAND_IN = [{ op: 'delete', key: 'a', seen: {}, hlc: { wallMs: 0, counter: 0 } }];

/**
 * Whether `json` is a write of plain puts, told in a fifth of the time that `writeSchema` takes, because every batch
 * waits for it; a test holds the two to the same verdicts. Answers no for others, whatever they are.
 */
export function isPlainWrite(json: unknown): boolean {
  const { payload } = (json ?? {}) as { payload?: { ops?: unknown } | null };
  const ops = payload?.ops;
  if (!Array.isArray(ops) || ops.length === 0 || ops.length > LIMITS.batchOps || !ops.every(isPlainPut)) {
    return false;
  }
  return writeSchema.safeParse({ ...(json as object), payload: { ...payload, ops: STAND_IN } }).success;
}
