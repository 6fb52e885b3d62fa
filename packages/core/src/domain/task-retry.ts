/** Of the time between a failed attempt and the next: doubled with each, up to the longest. */
export const TASK_RETRY = { firstMs: 1_000, longestMs: 5 * 60_000 } as const;

/** How long a task rests after its attempt number `attempts` has failed. */
export const retryDelayMs = (attempts: number): number =>
  Math.min(TASK_RETRY.firstMs * 2 ** (attempts - 1), TASK_RETRY.longestMs);
