import { entryOf } from './cloud-functions.ts';
import type { LambdaHost } from './lambda/lambda-host.ts';
import type { Schedule } from './scheduler.ts';

const MINUTE_MS = 60_000;

/** How often each runs, as in a deployment: `infra/schedules.ts`. */
export const SCHEDULES = {
  'expire-entries': MINUTE_MS,
  'sweep-connections': MINUTE_MS,
  'reclaim-leases': MINUTE_MS,
  heartbeat: MINUTE_MS,
  'clean-up': 60 * MINUTE_MS,
  'snapshot-and-compact': 60 * MINUTE_MS,
};
export type ScheduleName = keyof typeof SCHEDULES;

/** As long as a function may run; each ends by itself long before. */
const TIMEOUT_MS = 15 * MINUTE_MS;

/** The functions behind the schedules, started when they first run. */
export function addSchedules(
  host: LambdaHost,
  env: Record<string, string>,
  everyMs: Partial<Record<ScheduleName, number>> = {},
): Promise<Schedule[]> {
  const names = Object.keys(SCHEDULES) as ScheduleName[];
  const schedules = names.map(async (name) => {
    const entry = entryOf(name, `schedules/${name}`);
    const added = await host.addFunction({ name, env, entry, timeoutMs: TIMEOUT_MS, maxConcurrency: 1 });
    return { everyMs: everyMs[name] ?? SCHEDULES[name], run: () => added.invoke({}) };
  });
  return Promise.all(schedules);
}
