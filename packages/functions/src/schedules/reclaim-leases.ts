import { reclaimLeases } from '@mnemon/core';
import { compose } from '../compose.ts';

const app = await compose();

/** Every minute. What it did not get to, or failed at, waits the next time, too. */
export async function handler(): Promise<{ partitions: number }> {
  return { partitions: await reclaimLeases(app.ports) };
}
