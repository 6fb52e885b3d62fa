import { reclaimLeases, reclaimTasks } from '@mnemon/core';
import { compose } from '../compose.ts';
import { observed } from '../observe.ts';

const { ports } = await compose();

/** Every minute. What it did not get to, or failed at, waits the next time, too. */
export const handler = observed(async () => {
  const leases = [reclaimLeases(ports), reclaimTasks(ports)] as const;
  await Promise.allSettled(leases); // that one fails ends the other no earlier
  const [partitions, tasks] = await Promise.all(leases);
  return { partitions, tasks };
});
