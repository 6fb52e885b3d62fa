import { type WireError, wireError } from '@mnemon/protocol';
import type { RateLimits } from '../ports/rate-limits.ts';
import { Unavailable } from '../ports/unavailable.ts';

export interface RateRule {
  /** Of what is limited, and for whom. */
  name: string;
  limit: number;
  windowMs: number;
  /** Whether to let everybody pass, or nobody, while nothing can be counted. */
  whenDown: 'open' | 'closed';
}

/** Counts one more; answers why not when that is one too many. */
export async function admit(
  limits: RateLimits,
  { name, limit, windowMs, whenDown }: RateRule,
): Promise<WireError | undefined> {
  try {
    const { count, endsInMs } = await limits.count(name, windowMs);
    if (count <= limit) return undefined;
    const message = `at most ${limit} within ${windowMs / 1000} seconds`;
    return wireError('rate-limited', message, { retryAfterMs: Math.max(1, Math.ceil(endsInMs)) });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return whenDown === 'open' ? undefined : wireError('unavailable', error.message, { retryAfterMs: 1_000 });
  }
}
