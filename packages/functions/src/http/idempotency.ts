import { createHash } from 'node:crypto';
import type { Identity, RandomId } from '@mnemon/core';
import { type Batch, clientIdSchema } from '@mnemon/protocol';

/**
 * The name of a batch (I6). Under one `Idempotency-Key` of one instance it is always the same, so that a request that is
 * sent again gets the first answer; without a key it is new.
 */
export function batchName(
  { space, instanceId }: Identity,
  idempotencyKey: string | undefined,
  randomId: RandomId,
): Pick<Batch, 'client' | 'n' | 'resend'> {
  if (idempotencyKey === undefined) return { client: clientIdSchema.parse(`http:${randomId()}`), n: 1 };
  const named = createHash('sha256').update(JSON.stringify([space, instanceId, idempotencyKey]));
  return { client: clientIdSchema.parse(`http:${named.digest('hex')}`), n: 1, resend: true };
}
