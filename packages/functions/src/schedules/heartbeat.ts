import type { Health } from '@mnemon/core';
import { composeHttp } from '../compose.ts';
import { probeAll } from '../probes.ts';

const { ports, probes } = await composeHttp();

/** Every minute: asks each backend for next to nothing, and tells the bus how they are. */
export async function handler(): Promise<Health> {
  const backends = await probeAll(probes);
  const health: Health = { type: 'health', atMs: ports.clock.now(), backends };
  await ports.bus.tell(health);
  return health;
}
