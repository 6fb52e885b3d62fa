import { parcelSchema, postParcel } from '@mnemon/core';
import { compose } from '../compose.ts';

const app = await compose();

/** Makes the posts of a parcel. Invoked asynchronously: how it ends, nobody waits for. */
export async function handler(event: unknown): Promise<void> {
  await postParcel(app.ports, parcelSchema.parse(event));
}
