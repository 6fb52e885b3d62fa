import { memoryFunction } from './functions.ts';
import { declareMigrated } from './migration.ts';
import { dropTickets, leaveDeadLetters, scanConnections } from './permissions.ts';
import { deadLetters } from './storage.ts';

/** Each is safe to run twice at once. The scheduler delivers at least once, and Lambda tries a failed one again. */
const SCHEDULES = {
  ExpireEntries: { ...everyMinute('expire-entries'), permissions: [] },
  SweepConnections: { ...everyMinute('sweep-connections'), permissions: [scanConnections] },
  ReclaimLeases: { ...everyMinute('reclaim-leases'), permissions: [] },
  Heartbeat: { ...everyMinute('heartbeat'), permissions: [] },
  CleanUp: {
    ...everyHour('clean-up'),
    timeout: '2 minutes',
    slowMs: 60_000,
    permissions: [dropTickets],
  },
  SnapshotAndCompact: {
    ...everyHour('snapshot-and-compact'),
    timeout: '15 minutes',
    slowMs: 600_000,
    permissions: [],
  },
} as const;

function everyMinute(name: string) {
  const schedule = 'rate(1 minute)';
  const ends = { timeout: '60 seconds', slowMs: 30_000 } as const;
  return { handler: `schedules/${name}`, schedule, isSeldom: false, ...ends } as const;
}

function everyHour(name: string) {
  return { handler: `schedules/${name}`, schedule: 'rate(1 hour)', isSeldom: true } as const;
}

const RETRIES = 2;

/** The functions behind the schedules, as they are watched. */
export const scheduled = Object.entries(SCHEDULES).map(
  ([name, { handler, schedule, timeout, slowMs, isSeldom, permissions }]) => {
    // Not the schedule's own: that would leave its secrets readable in the state.
    const run = declareMigrated(name, {
      ...memoryFunction(handler, [leaveDeadLetters, ...permissions]),
      timeout,
      retries: RETRIES,
      transform: {
        // What was delivered, and failed each time.
        eventInvokeConfig: { destinationConfig: { onFailure: { destination: deadLetters.arn } } },
      },
    });
    new sst.aws.CronV2(`${name}Cron`, {
      schedule,
      function: run.arn,
      retries: RETRIES,
      enabled: !$dev, // whoever develops has stopped some day, and what the scheduler then calls is not there
      dlq: deadLetters.arn, // what could not be delivered
    });
    return { name, functionName: run.name, slowMs, isSeldom };
  },
);
