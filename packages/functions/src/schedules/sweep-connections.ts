import { settleSilent, sweepConnections } from '@mnemon/core';
import { compose } from '../compose.ts';
import { countMetric, observed } from '../observe.ts';

const { ports, settings } = await compose();

/** Every minute. What it did not get to, or failed at, is stale, or silent, the next time, too. */
export const handler = observed(async () => {
  const sweeps = [sweepConnections(ports), settleSilent(ports, settings.STALE_MS)] as const;
  await Promise.allSettled(sweeps); // that one fails ends the other no earlier
  const [{ swept, connected }, settled] = await Promise.all(sweeps);
  if (settings.METRICS === 'on') countMetric('Connections', connected);
  return { swept, connected, settled };
});
