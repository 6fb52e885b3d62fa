import * as z from 'zod/mini';
import { timestampSchema } from './hybrid-clock.ts';

/** Chosen by whoever asks; the answer repeats it. */
const requestIdSchema = z.string().check(z.maxLength(64));

/** Every frame, both ways. `timestamp` is the sender's clock in milliseconds: informative, never trusted. */
export const envelope = <const Type extends string, Payload extends z.ZodMiniType>(
  type: Type,
  payload: Payload,
) => z.strictObject({ type: z.literal(type), id: requestIdSchema, timestamp: timestampSchema, payload });

export const anyEnvelopeSchema = z.object({ type: z.string(), id: requestIdSchema });
