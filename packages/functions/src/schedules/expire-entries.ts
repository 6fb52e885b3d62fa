import { expireEntries } from '@mnemon/core';
import { compose } from '../compose.ts';

const app = await compose();

/** Every minute. One that fails is tried again by the scheduler, and what it left is due the next time, too. */
export async function handler(): Promise<{ expired: number }> {
  return { expired: await expireEntries(app.ports) };
}
