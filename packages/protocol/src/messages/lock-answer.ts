import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { isName } from '../ids.ts';
import { keySchema } from '../key.ts';

/** Locks are named like keys; who may write the key may hold the lock. */
const name = keySchema;
/** Of one holder's time with a lock: greater than those of all that held it before (I7). */
export const fencingTokenSchema = z.int().check(z.gte(1));
/** Names one call: asked again under the same name, because an answer may have been lost, it gets the same answer. */
export const attemptSchema = z.string().check(z.refine(isName, 'no attempt'));

/** That a write is made under a lock: it is refused with `stale-token` unless this is the lock's newest token. */
export const fenceSchema = z.strictObject({ lock: name, token: fencingTokenSchema });
export type Fence = z.infer<typeof fenceSchema>;

export const lockAnswerPayloadSchema = z.discriminatedUnion('is', [
  /** The lease runs from now on, by the store's clock. */
  z.object({ is: z.literal('granted'), name, token: fencingTokenSchema }),
  /** By another, or by the same instance through an earlier call: at the latest until `leaseLeftMs` have passed. */
  z.object({ is: z.literal('held'), name, leaseLeftMs: z.int() }),
  z.object({ is: z.literal('renewed'), name, token: fencingTokenSchema }),
  z.object({ is: z.literal('released'), name, token: fencingTokenSchema }),
  /** It was not the asker's any more. */
  z.object({ is: z.literal('lost'), name, token: fencingTokenSchema }),
  /** Pushed, with an empty `id`, to who waits: it is worth asking now. */
  z.object({ is: z.literal('freed'), name }),
]);
export type LockAnswer = z.infer<typeof lockAnswerPayloadSchema>;

export const lockAnswerSchema = envelope('lock', lockAnswerPayloadSchema);
export type LockFrame = z.infer<typeof lockAnswerSchema>;
