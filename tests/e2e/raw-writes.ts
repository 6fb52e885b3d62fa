import { randomBytes } from 'node:crypto';
import { type Ack, type Batch, clientIdSchema, type JsonValue, type Op } from '@mnemon/protocol';
import type { RawClient } from './raw-client.ts';

/** A name for one outbox. */
export const newClientId = () => clientIdSchema.parse(randomBytes(16).toString('hex'));

export const put = (key: string, value: JsonValue, more: Partial<Op> = {}): Op =>
  ({ op: 'put', key, value, seen: {}, hlc: { wallMs: Date.now(), counter: 0 }, ...more }) as Op;

export const batchOf = (ops: Op[], more: Partial<Batch> = {}): Batch => ({
  client: newClientId(),
  n: 1,
  ops,
  ...more,
});

/** The ack of a batch, received or to come. */
export async function ackOf(client: RawClient, batch: Batch): Promise<Ack> {
  const isIts = (ack: Ack) => ack.client === batch.client && ack.n === batch.n;
  const { payload } = await client.next('changes', (frame) => frame.payload.acks?.some(isIts) === true);
  return payload.acks?.find(isIts) as Ack;
}

/** Sends a batch and waits for its ack. */
export function writeRaw(client: RawClient, batch: Batch): Promise<Ack> {
  client.send({ type: 'write', payload: batch });
  return ackOf(client, batch);
}
