import { sweepConnections } from '@mnemon/core';
import { compose } from '../compose.ts';

const app = await compose();

/** Every minute. What it did not get to, or failed at, is stale the next time, too. */
export async function handler(): Promise<{ swept: number }> {
  return { swept: await sweepConnections(app.ports) };
}
