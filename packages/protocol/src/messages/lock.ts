import * as z from 'zod/mini';
import { envelope } from '../envelope.ts';
import { keySchema } from '../key.ts';
import { LIMITS } from '../limits.ts';
import { attemptSchema, fencingTokenSchema } from './lock-answer.ts';

const name = keySchema;
export const leaseMsSchema = z.int().check(z.gte(LIMITS.leastLeaseMs), z.lte(LIMITS.leaseMs));

/** With `waitMs`, a connection that is refused is told when the lock is given back within that time. */
export const acquireSchema = z.strictObject({
  do: z.literal('acquire'),
  name,
  attempt: attemptSchema,
  leaseMs: leaseMsSchema,
  waitMs: z.optional(z.int().check(z.gte(0), z.lte(LIMITS.lockWaitMs))),
});
export const renewSchema = z.strictObject({
  do: z.literal('renew'),
  name,
  token: fencingTokenSchema,
  leaseMs: leaseMsSchema,
});
export const releaseSchema = z.strictObject({ do: z.literal('release'), name, token: fencingTokenSchema });

export const lockRequestSchema = z.discriminatedUnion('do', [acquireSchema, renewSchema, releaseSchema]);
export type LockRequest = z.infer<typeof lockRequestSchema>;

/** Asks for a lock, for more time with it, or gives it back. */
export const lockSchema = envelope('lock', lockRequestSchema);
