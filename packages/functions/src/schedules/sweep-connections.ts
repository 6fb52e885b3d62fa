import { sweepConnections } from '@mnemon/core';
import { compose } from '../compose.ts';
import { countMetric, observed } from '../observe.ts';

const { ports, settings } = await compose();

/** Every minute. What it did not get to, or failed at, is stale the next time, too. */
export const handler = observed(async () => {
  const { swept, connected } = await sweepConnections(ports);
  if (settings.METRICS === 'on') countMetric('Connections', connected);
  return { swept, connected };
});
