import { reclaimLeases } from '@mnemon/core';
import { compose } from '../compose.ts';
import { observed } from '../observe.ts';

const { ports } = await compose();

/** Every minute. What it did not get to, or failed at, waits the next time, too. */
export const handler = observed(async () => ({ partitions: await reclaimLeases(ports) }));
