import { snapshotAndCompactAll } from '@mnemon/core';
import { compose } from '../compose.ts';
import { causeOf, log, observed } from '../observe.ts';

const { ports } = await compose();

/** Less than the longest that a function runs, so that what is under way ends in time. */
const TURN_MS = 10 * 60 * 1000;

/** Every hour. What fails for one space is logged; what it did not get to is due the next time, too. */
export const handler = observed(async () => {
  const spaces = await snapshotAndCompactAll(ports, ports.clock.now() + TURN_MS, (space, error) =>
    log.error('upkeep failed', { space, cause: causeOf(error) }),
  );
  return { spaces };
});
