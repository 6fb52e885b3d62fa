import { admit, type Identity, type RateLimits } from '@mnemon/core';
import type { WireError } from '@mnemon/protocol';
import type { Settings } from './settings.ts';

const MINUTE_MS = 60_000;

/** Counts one more for a user of a space; answers why not when that is one too many. */
export type Limit = (
  what: 'connects' | 'requests' | 'tickets',
  who: Pick<Identity, 'space' | 'userId'>,
) => Promise<WireError | undefined>;

/** The rules that the settings make. */
export function rateRules(limits: RateLimits, settings: Settings): Limit {
  const perMinute = {
    connects: settings.CONNECTS_PER_MINUTE,
    requests: settings.REQUESTS_PER_MINUTE,
    tickets: settings.TICKETS_PER_MINUTE,
  };
  return (what, { space, userId }) =>
    admit(limits, {
      name: `${what}:${space}:${encodeURIComponent(userId)}`,
      limit: perMinute[what],
      windowMs: MINUTE_MS,
      whenDown: settings.RATE_LIMITS_WHEN_DOWN,
    });
}
