import { parcelSchema, postParcel } from '@mnemon/core';
import { compose } from '../compose.ts';
import { correlate, observed } from '../observe.ts';

const { ports } = await compose();

/** Makes the posts of a parcel. Invoked asynchronously: how it ends, nobody waits for. */
export const handler = observed(async (event: unknown): Promise<void> => {
  const parcel = parcelSchema.parse(event);
  correlate(parcel.correlationId);
  await postParcel(ports, parcel);
});
