import { snapshotAndCompactAll } from '@mnemon/core';
import { compose } from '../compose.ts';

const app = await compose();

/** Less than the longest that a function runs, so that what is under way ends in time. */
const TURN_MS = 10 * 60 * 1000;

/** Every hour. What fails for one space is logged; what it did not get to is due the next time, too. */
export async function handler(): Promise<{ spaces: number }> {
  const { ports } = app;
  const spaces = await snapshotAndCompactAll(ports, ports.clock.now() + TURN_MS, (space, error) => {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.error(JSON.stringify({ level: 'error', message: 'upkeep failed', space, cause }));
  });
  return { spaces };
}
