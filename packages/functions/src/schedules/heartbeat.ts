import type { Health } from '@mnemon/core';
import { composeHttp } from '../compose.ts';
import { countMetric, observed } from '../observe.ts';
import { probeAll } from '../probes.ts';

const { ports, probes, settings } = await composeHttp();

/** Every minute: asks each backend for next to nothing, and tells the bus and the metrics how they are. */
export const handler = observed(async (): Promise<Health> => {
  const backends = await probeAll(probes);
  const health: Health = { type: 'health', atMs: ports.clock.now(), backends };
  await ports.bus.tell(health);
  if (settings.METRICS === 'on') {
    const degraded = Object.values(backends).filter(({ status }) => status === 'degraded');
    countMetric('BackendsDegraded', degraded.length);
  }
  return health;
});
