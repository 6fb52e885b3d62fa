import type { BackendHealth, Ports, RateLimits } from '@mnemon/core';
import { instanceIdSchema, spaceIdSchema } from '@mnemon/protocol';

/** Asks a backend for next to nothing; rejects when it does not answer. */
export type Probe = () => Promise<unknown>;

/** A frozen answer is worth less than none: whoever asks for the status wants to know now. */
const PROBE_MS = 2_000;

const NOWHERE = {
  space: spaceIdSchema.parse('status'),
  instanceId: instanceIdSchema.parse('status'),
  connectionId: 'c3RhdHVzLXByb2Jl=',
};

/** One probe per backend, through ports that the functions have anyway; of Redis only where there is one. */
export function backendProbes(
  { log, connections, fanout }: Ports,
  redis: RateLimits | undefined,
): Record<string, Probe> {
  return {
    mongodb: () => log.head(NOWHERE.space),
    dynamodb: () => connections.changeSubscriptions(NOWHERE, { add: [] }),
    gateway: async () => {
      const [result] = await fanout.post([{ connectionId: NOWHERE.connectionId, frames: ['{}'] }]);
      if (result === 'failed') throw new Error('the gateway does not answer');
    },
    ...(redis && { redis: () => redis.count('status', 1_000) }),
  };
}

/** Asks all backends at once; one that hangs does not keep the others' answers. */
export async function probeAll(
  probes: Readonly<Record<string, Probe>>,
  timeoutMs = PROBE_MS,
): Promise<Record<string, BackendHealth>> {
  const statuses = Object.entries(probes).map(async ([name, probe]) => [
    name,
    await measure(probe, timeoutMs),
  ]);
  return Object.fromEntries(await Promise.all(statuses));
}

async function measure(probe: Probe, timeoutMs: number): Promise<BackendHealth> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'degraded'>((resolve) => {
    timer = setTimeout(() => resolve('degraded'), timeoutMs);
  });
  const answered = probe().then(
    () => 'ok' as const,
    () => 'degraded' as const,
  );
  const status = await Promise.race([answered, late]);
  clearTimeout(timer);
  return { status, latencyMs: Math.round((performance.now() - startedAt) * 10) / 10 };
}
